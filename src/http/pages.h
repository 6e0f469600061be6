/* pages: files that are built into the binary, served as a browser likes them: content type, ETag and 304, gzip, content-security-policy.
 *
 * The files of the folder src/<folder>/pages/<name>/ are compiled in as `const struct pages_set pages_<name>` (tools/embed writes the C file when
 * the build runs; each file is also kept compressed if that is smaller). A handler that serves one calls pages_answer from its handle(), after its
 * own paths; index.html answers for "" and "/". Text files get charset=utf-8.
 * Threads: any. Test: test/unit/http/pages_test.c */
#ifndef MEERKAT_HTTP_PAGES_H
#define MEERKAT_HTTP_PAGES_H

#include <stdbool.h>

#include "base/str.h"
#include "http/exchange.h"

struct pages_file {
	struct str path; /* "/index.html" */
	struct str type; /* "text/html; charset=utf-8" */
	struct str etag; /* "\"9f86d081884c7d65\"", of the content */
	struct str content;
	struct str gzip; /* STR_NONE: not smaller */
};

struct pages_set {
	const char *name;
	const struct pages_file *files; /* by path, in order of bytes */
	size_t count;
};

/* The file of this path; "" and "/" are "/index.html". NULL: none. */
const struct pages_file *pages_find(const struct pages_set *set, struct str path);

/* Answers with the file that x->subpath names, or 404. `policy`: the content-security-policy; NULL:
 * "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'". */
void pages_answer(const struct pages_set *set, struct exchange *x, const char *policy);

#endif
