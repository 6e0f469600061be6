#include "ctl/guide.h"

#include <string.h>

#include "admin/operations.h"

static const char *type_of(const struct operation_arg *a)
{
	const char *word = operation_word(a->type)->word;

	return word ? word : a->of->values;
}

void guide_program(struct buf *out)
{
	buf_append_text(out, "usage: meerkatctl [--config FILE] CATEGORY OPERATION [--ARGUMENT VALUE ...]\n"
			     "       meerkatctl [CATEGORY [OPERATION]] --help\n"
			     "       meerkatctl status\n"
			     "       meerkatctl graphql QUERY [--variables JSON] [--operationName NAME]\n\n"
			     "Administers a running meerkat. The answer is JSON. The exit status is 0, or 1\n"
			     "after an error of the operation, 3 when the server is not running, 64 when the\n"
			     "command line is wrong. For example, with the password on standard input:\n\n"
			     "  meerkatctl account registerUser --username alice --domain localhost \\\n"
			     "      --password -\n\n"
			     "  --config FILE  the server's configuration, which says where its state_dir is;\n"
			     "                 without it $MEERKAT_CONFIG, run/meerkat.toml or\n"
			     "                 /etc/meerkat/meerkat.toml\n\n"
			     "categories:\n");
	const char *last = "";
	for (const struct operation *const *o = operations_all(); *o; o++) {
		if (strcmp((*o)->category, last))
			buf_printf(out, "  %-12s %s\n", (*o)->category, operations_category_help(str_from((*o)->category)));
		last = (*o)->category;
	}
}

const char guide_graphql[] = "usage: meerkatctl graphql QUERY [--variables JSON] [--operationName NAME]\n\n"
			     "Asks with GraphQL, as an administrator. Categories, operations and arguments have the\n"
			     "names that they have here. The exit status is 1 when the answer has errors. For example:\n\n"
			     "  meerkatctl graphql 'query Q($d: DomainName!) { account { countUsers(domain: $d) } }' \\\n"
			     "      --variables '{\"d\": \"localhost\"}'\n";

void guide_category(struct buf *out, struct str category)
{
	buf_printf(out, "meerkatctl %.*s: %s\n\noperations:\n", STR_ARGS(category), operations_category_help(category));
	for (const struct operation *const *o = operations_all(); *o; o++)
		if (str_is(category, (*o)->category) && (*o)->permission != OPERATION_FOR_USER_ONLY &&
		    !operation_is_subscription(*o))
			buf_printf(out, "  %-20s %s\n", (*o)->name, (*o)->help);
	buf_printf(out, "\nmeerkatctl %.*s OPERATION --help tells the arguments.\n", STR_ARGS(category));
}

void guide_operation(struct buf *out, const struct operation *o)
{
	buf_printf(out, "usage: meerkatctl %s %s", o->category, o->name);
	for (const struct operation_arg *a = o->args; a && a->name; a++)
		buf_printf(out, a->flags & OPERATION_OPTIONAL ? " [--%s %s%s]" : " --%s %s%s", a->name, type_of(a),
			   a->flags & OPERATION_LIST ? ",..." : "");
	buf_printf(out, "\n\n%s\n", o->help);
	if (o->args && o->args->name)
		buf_append_text(out, "\narguments:\n");
	bool has_secret = false;
	for (const struct operation_arg *a = o->args; a && a->name; a++) {
		buf_printf(out, "  --%-14s %s%s\n", a->name, a->help, a->flags & OPERATION_OPTIONAL ? " (optional)" : "");
		has_secret = has_secret || a->type == OPERATION_SECRET;
	}
	if (has_secret)
		buf_append_text(out, "\nA SECRET given as - is read from standard input, one line, so that it is in no process list.\n");
}
