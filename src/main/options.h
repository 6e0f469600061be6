/* options: the command line of the server. Test: test/unit/main/options_test.c */
#ifndef MEERKAT_MAIN_OPTIONS_H
#define MEERKAT_MAIN_OPTIONS_H

#include <stdbool.h>

#include "base/buf.h"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_CHECK,    /* validate the configuration and say so */
	OPTIONS_ROUTES,   /* print who is asked in which order */
	OPTIONS_DESCRIBE, /* print every configuration option there is */
	OPTIONS_VERSION,
	OPTIONS_HELP,
	OPTIONS_WRONG, /* error has the text */
};

struct options {
	enum options_action action;
	const char *config_path; /* of argv; needed by RUN, CHECK and ROUTES */
	bool ignore_unsupported;
	bool markdown; /* DESCRIBE: as docs/options.md */
};

/* Reads the arguments; a mistake gives OPTIONS_WRONG and one sentence in `error`. */
void options_read(struct options *o, int argc, char **argv, struct buf *error);

const char *options_help(void);

#endif
