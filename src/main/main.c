/* The server's program: read the arguments, do the one thing they ask for. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "ext/all.h"
#include "main/loading.h"
#include "main/options.h"
#include "main/server.h"
#include "main/version.h"

static int print(struct buf *text, int status)
{
	fwrite(text->data, 1, text->len, stdout);
	buf_fini(text);
	return fflush(stdout) ? EX_IOERR : status;
}

static int describe(const struct options *o)
{
	struct buf text;
	buf_init(&text);
	struct config_known known = all_known_modules();
	config_describe(&known, o->markdown, &text);
	return print(&text, EXIT_SUCCESS);
}

static int check_or_routes(const struct options *o)
{
	struct buf report, text;
	buf_init(&report);
	buf_init(&text);
	const struct host_set *hosts;
	const struct config *c = loading_read(o, &hosts, &report);
	if (report.len > 0)
		fwrite(report.data, 1, report.len, stderr);
	buf_fini(&report);
	if (!c)
		return EX_CONFIG;
	if (o->action == OPTIONS_ROUTES)
		host_set_describe(hosts, &text);
	else
		buf_printf(&text, "%s: good: %zu host%s, %zu listener%s\n", o->config_path, c->host_count, c->host_count == 1 ? "" : "s",
			   c->listener_count, c->listener_count == 1 ? "" : "s");
	host_set_unref(&hosts);
	config_unref(&c);
	return print(&text, EXIT_SUCCESS);
}

static int run(const struct options *o)
{
	static struct server server;
	enum err e = server_start(&server, o);
	if (e != ERR_NONE)
		return e == ERR_INVALID ? EX_CONFIG : EXIT_FAILURE;
	server_wait(&server);
	server_stop(&server);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options o;
	struct buf error;
	buf_init(&error);
	options_read(&o, argc, argv, &error);
	switch (o.action) {
	case OPTIONS_RUN:
		return run(&o);
	case OPTIONS_CHECK:
	case OPTIONS_ROUTES:
		return check_or_routes(&o);
	case OPTIONS_DESCRIBE:
		return describe(&o);
	case OPTIONS_VERSION:
		return printf("meerkat %s\n", version_text()) < 0;
	case OPTIONS_HELP:
		return fputs(options_help(), stdout) < 0;
	case OPTIONS_WRONG:
		break;
	}
	fprintf(stderr, "meerkat: %.*s\nSee meerkat --help\n", STR_ARGS(buf_str(&error)));
	buf_fini(&error);
	return EX_USAGE;
}
