#include "main/options.h"

#include <string.h>

static const char help[] =
	"usage: meerkat --config FILE [--check | --routes] [--ignore-unsupported]\n"
	"       meerkat --options [--markdown] | --version | --help\n"
	"\n"
	"An XMPP server. It runs in the foreground and logs to standard error.\n"
	"\n"
	"  --config FILE         the configuration: a mongooseim.toml of 6.1 to 6.8, or one\n"
	"                        of its own\n"
	"  --check               only read it, and the certificates it names: every mistake\n"
	"                        with its line and column, and what was meant\n"
	"  --routes              only print which module is asked for what, in which order\n"
	"  --ignore-unsupported  warn about known options that are not implemented, in\n"
	"                        place of refusing to start\n"
	"  --options             describe every option of the configuration; with\n"
	"                        --markdown as in docs/options.md\n"
	"  --version             print the version\n"
	"  --help                print this\n"
	"\n"
	"SIGHUP reads the configuration again, SIGTERM stops. The exit status is 0 after a\n"
	"stop in order, 64 when the arguments are wrong, 78 when the configuration is, and\n"
	"1 when the server cannot start for another reason.\n"
	"\n"
	"To begin with:  meerkat --config /etc/meerkat/meerkat.toml --check\n"
	"At run time:    meerkatctl --help\n";

const char *options_help(void)
{
	return help;
}

static void wrong(struct options *o, struct buf *error, const char *what, const char *argument)
{
	if (o->action == OPTIONS_WRONG)
		return;
	o->action = OPTIONS_WRONG;
	buf_printf(error, "%s%s%s", what, argument ? ": " : "", argument ? argument : "");
}

/* Actions exclude each other; "--check --check" is harmless. */
static void choose(struct options *o, enum options_action a, struct buf *error, const char *argument)
{
	if (o->action == OPTIONS_RUN || o->action == a)
		o->action = a;
	else
		wrong(o, error, "only one action at a time", argument);
}

static void read_one(struct options *o, int argc, char **argv, int *at, struct buf *error)
{
	static const struct {
		const char *name;
		enum options_action action;
	} actions[] = {
		{"--check", OPTIONS_CHECK},     {"--routes", OPTIONS_ROUTES}, {"--options", OPTIONS_DESCRIBE},
		{"--version", OPTIONS_VERSION}, {"--help", OPTIONS_HELP},     {"-h", OPTIONS_HELP},
	};
	const char *argument = argv[*at];
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (!strcmp(argument, actions[i].name)) {
			choose(o, actions[i].action, error, argument);
			return;
		}
	}
	if (!strcmp(argument, "--ignore-unsupported"))
		o->ignore_unsupported = true;
	else if (!strcmp(argument, "--markdown"))
		o->markdown = true;
	else if (!strncmp(argument, "--config=", 9) && argument[9])
		o->config_path = argument + 9;
	else if (!strcmp(argument, "--config") && *at + 1 < argc)
		o->config_path = argv[++*at];
	else if (!strcmp(argument, "--config") || !strcmp(argument, "--config="))
		wrong(o, error, "--config needs the name of a file", NULL);
	else
		wrong(o, error, "unknown argument", argument);
}

void options_read(struct options *o, int argc, char **argv, struct buf *error)
{
	*o = (struct options){.action = OPTIONS_RUN};
	for (int i = 1; i < argc; i++)
		read_one(o, argc, argv, &i, error);
	bool needs_config = o->action == OPTIONS_RUN || o->action == OPTIONS_CHECK || o->action == OPTIONS_ROUTES;
	if (needs_config && !o->config_path)
		wrong(o, error, "which configuration? give --config FILE (make run writes one to start with)", NULL);
}
