/* library: a shared library that is loaded when it is first needed, and then stays (docs/decisions/0014).
 *
 * For what few configurations use: a library that the program is linked with costs memory and time at every start, and so do those that it
 * brings along. Whoever uses one lists its functions once, and calls them as members of a variable, after library_load has said that they
 * are there. The types are those of the library's own header:
 *
 *     #define FUNCTIONS(X) X(ub, ctx_create) X(ub, ctx_delete)
 *     LIBRARY(unbound, FUNCTIONS, "libunbound.so.8");
 *     ... if (library_load(&unbound_library, why)) context = unbound.ctx_create();
 *
 * meson.build finds out which file that is: LIBRARY_UNBOUND. Threads: any. Test: test/unit/base/library_test.c */
#ifndef MEERKAT_BASE_LIBRARY_H
#define MEERKAT_BASE_LIBRARY_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

struct library {
	const char *file;         /* as the loader looks for it */
	const char *const *names; /* of the functions, ended by NULL */
	void *functions;          /* as many pointers to functions */
	pthread_mutex_t lock;
	bool is_loaded;
};

#define LIBRARY_POINTER(prefix, name) __typeof__(prefix##_##name) *name;
#define LIBRARY_NAME(prefix, name) #prefix "_" #name,
#define LIBRARY(variable, FUNCTIONS, file_name)                                                                                                  \
	static struct {                                                                                                                          \
		FUNCTIONS(LIBRARY_POINTER)                                                                                                       \
	} variable;                                                                                                                              \
	static const char *const variable##_names[] = {FUNCTIONS(LIBRARY_NAME) NULL};                                                            \
	static struct library variable##_library = {.file = (file_name), .names = variable##_names, .functions = &variable,                      \
						    .lock = PTHREAD_MUTEX_INITIALIZER}

/* True: every function is there, from now on. Reads files, the first time. False with why: the library or one of its functions is missing. */
bool library_load(struct library *l, struct why *why);

#endif
