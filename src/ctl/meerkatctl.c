/* The administrator's program: a command line becomes a request, the answer goes to standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sysexits.h>

#include "admin/arguments.h"
#include "admin/operations.h"
#include "conf/nearest.h"
#include "ctl/guide.h"
#include "ctl/place.h"
#include "ctl/request.h"
#include "ext/all.h"

enum { EXIT_NOT_RUNNING = 3 };

struct command {
	const char *config_path;
	const char *category, *operation; /* NULL: not given */
	json_t *args;
	bool wants_help;
};

/* And where to read on: as far as the words before the wrong one made sense. */
static int complain(const char *format, const char *what, const char *category, const char *operation)
{
	fputs("meerkatctl: ", stderr);
	fprintf(stderr, format, what);
	fprintf(stderr, "\nSee meerkatctl %s%s%s%s--help\n", category ? category : "", category ? " " : "", operation ? operation : "",
		operation ? " " : "");
	return EX_USAGE;
}

static int complain_of_name(const char *kind, const char *name, const char *category)
{
	struct nearest n;
	nearest_start(&n, str_from(name));
	for (const struct operation *const *o = operations_all(); *o; o++)
		if (!category || !strcmp(category, (*o)->category))
			nearest_offer(&n, str_from(category ? (*o)->name : (*o)->category));
	char text[256];
	if (n.best.len)
		snprintf(text, sizeof(text), "there is no %s %.64s; did you mean %.*s?", kind, name, STR_ARGS(n.best));
	else
		snprintf(text, sizeof(text), "there is no %s %.64s", kind, name);
	return complain("%s", text, category, NULL);
}

/* A line of standard input, for secrets. */
static json_t *read_secret(void)
{
	char line[4096];
	if (!fgets(line, sizeof(line), stdin))
		return NULL;
	line[strcspn(line, "\n")] = 0;
	return json_string(line);
}

static bool is_secret(const struct command *c, const char *name)
{
	const struct operation *o = c->category && c->operation ? operations_find(str_from(c->category), str_from(c->operation)) : NULL;
	for (const struct operation_arg *a = o ? o->args : NULL; a && a->name; a++)
		if (!strcmp(a->name, name))
			return a->type == OPERATION_SECRET;
	return false;
}

/* "--name value" or "--name=value"; how many words it was, 0 if it is wrong. */
static int read_argument(struct command *c, char **words, int left)
{
	const char *name = words[0] + 2, *equals = strchr(name, '='), *value = equals ? equals + 1 : left > 1 ? words[1] : NULL;
	if (!value)
		return 0;
	char *key = str_dup(str_make(name, equals ? (size_t)(equals - name) : strlen(name)));
	if (!strcmp(key, "config"))
		c->config_path = value;
	else
		json_object_set_new(c->args, key, !strcmp(value, "-") && is_secret(c, key) ? read_secret() : json_string(value));
	free(key);
	return equals ? 1 : 2;
}

/* A word without a name is for the first argument that has no value yet, the necessary ones before the others. */
static bool take_word(struct command *c, const char *word)
{
	const struct operation *o = operations_find(str_from(c->category), str_from(c->operation));
	for (unsigned optional = 0; optional <= OPERATION_OPTIONAL; optional += OPERATION_OPTIONAL) {
		for (const struct operation_arg *a = o ? o->args : NULL; a && a->name; a++) {
			if ((a->flags & OPERATION_OPTIONAL) != optional || a->type == OPERATION_SECRET || json_object_get(c->args, a->name))
				continue;
			json_object_set_new(c->args, a->name, json_string(word));
			return true;
		}
	}
	return false;
}

static int read_command(struct command *c, int argc, char **argv)
{
	for (int i = 1; i < argc;) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			c->wants_help = true;
			i++;
		} else if (!strncmp(argv[i], "--", 2)) {
			int words = read_argument(c, argv + i, argc - i);
			if (!words)
				return complain("%s needs a value", argv[i], c->category, c->operation);
			i += words;
		} else if (!c->category) {
			c->category = argv[i++];
		} else if (!c->operation) {
			c->operation = argv[i++];
		} else if (take_word(c, argv[i])) {
			i++;
		} else {
			return complain("too many words: %s", argv[i], c->category, c->operation);
		}
	}
	if (c->category && !c->operation && !strcmp(c->category, "status")) {
		c->category = "server";
		c->operation = "status";
	}
	return 0;
}

static int guide(const struct command *c, const struct operation *o)
{
	struct buf text;
	buf_init(&text);
	if (o)
		guide_operation(&text, o);
	else if (c->category)
		guide_category(&text, str_from(c->category));
	else
		guide_program(&text);
	fwrite(text.data, 1, text.len, stdout);
	buf_fini(&text);
	return EXIT_SUCCESS;
}

/* A file is named as the caller sees it, and opened by the server, which is somewhere else. */
static void make_absolute(json_t *args)
{
	const char *name = json_string_value(json_object_get(args, "filename"));
	char *folder = name && name[0] && name[0] != '/' ? getcwd(NULL, 0) : NULL;
	if (folder)
		json_object_set_new(args, "filename", json_sprintf("%s/%s", folder, name));
	free(folder);
}

/* Sends it, and prints the answer. */
static int send_request(const struct command *c, json_t *request, bool is_long)
{
	struct why why = {""};
	enum err e = ERR_NOT_FOUND;
	char *path = place_of_socket(c->config_path, &why);
	json_t *reply = path ? request_send(path, request, is_long, &e, &why) : NULL;
	int status = e == ERR_CLOSED ? EXIT_NOT_RUNNING : EXIT_FAILURE;

	if (reply) {
		json_dumpf(reply, stdout, JSON_INDENT(2));
		putchar('\n');
		status = json_object_get(reply, "errors") ? EXIT_FAILURE : EXIT_SUCCESS;
	} else {
		fprintf(stderr, "meerkatctl: %s\n", why.text);
	}
	json_decref(reply);
	json_decref(request);
	free(path);
	return status;
}

static int ask(const struct command *c, const struct operation *o)
{
	make_absolute(c->args);
	return send_request(c, json_pack("{s:s, s:s, s:O}", "category", c->category, "operation", c->operation, "args", c->args),
			    o->place == OPERATION_ANYWHERE_LONG);
}

/* NULL: all is as it has to be. The variables become an object. */
static const char *read_graphql_arguments(json_t *args)
{
	const char *name;
	json_t *value, *variables = NULL;

	json_object_foreach(args, name, value) {
		if (strcmp(name, "variables") && strcmp(name, "operationName"))
			return "the arguments are --variables and --operationName";
		if (!strcmp(name, "variables"))
			variables = value;
	}
	if (!variables)
		return NULL;
	variables = json_loads(json_string_value(variables), JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(variables)) {
		json_object_set_new(args, "variables", variables);
		return NULL;
	}
	json_decref(variables);
	return "the argument --variables is not right: expected a JSON object";
}

/* meerkatctl graphql QUERY [--variables JSON] [--operationName NAME] */
static int ask_graphql(const struct command *c)
{
	const char *objection = c->operation ? read_graphql_arguments(c->args) : "what is to be asked?";

	if (c->wants_help) {
		fputs(guide_graphql, stdout);
		return EXIT_SUCCESS;
	}
	if (objection)
		return complain("%s", objection, c->category, NULL);
	json_object_set_new(c->args, "query", json_string(c->operation));
	return send_request(c, json_pack("{s:O}", "graphql", c->args), true);
}

static int run(struct command *c)
{
	const struct operation *o = NULL;
	if (c->category && !strcmp(c->category, "graphql"))
		return ask_graphql(c);
	if (c->category && !operations_has_category(str_from(c->category)))
		return complain_of_name("category", c->category, NULL);
	if (c->operation && !(o = operations_find(str_from(c->category), str_from(c->operation))))
		return complain_of_name("operation", c->operation, c->category);
	if (c->wants_help || !c->category)
		return guide(c, o);
	if (!c->operation)
		return complain("which operation of %s?", c->category, c->category, NULL);
	/* The server checks again; but a wrong command line needs no server. */
	struct why why = {""};
	json_t *args = arguments_check(o, c->args, &why);
	if (!args)
		return complain("%s", why.text, c->category, c->operation);
	json_decref(args);
	return ask(c, o);
}

int main(int argc, char **argv)
{
	struct command c = {.args = json_object()};
	operations_init(all_modules, NULL);
	int status = read_command(&c, argc, argv);
	if (!status)
		status = run(&c);
	json_decref(c.args);
	return status;
}
