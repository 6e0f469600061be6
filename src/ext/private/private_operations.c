#include "ext/private/private_operations.h"

#include "route/errand_query.h"
#include "xmpp/ns.h"

/* The element in a query. */
static void ask(struct operation_call *c, const char *type, const struct stanza *element,
		void (*reply)(struct operation_call *c, const struct stanza *answer, const struct node *payload))
{
	struct buf text;
	struct writer w;

	buf_init(&text);
	writer_init(&w, &text);
	writer_open(&w, "query", NS_PRIVATE);
	writer_node(&w, element, node_root(element));
	writer_close(&w);
	errand_query_start(&(struct errand_query){
		.call = c, .user = operation_str(c, "user"), .type = type, .payload = buf_str(&text), .reply = reply});
	buf_fini(&text);
}

static void reply_element(struct operation_call *c, const struct stanza *s, const struct node *n)
{
	struct buf text;
	struct writer w;
	struct str xml;

	buf_init(&text);
	writer_init(&w, &text);
	writer_node(&w, s, n);
	xml = buf_str(&text);
	operation_reply(c, json_stringn(xml.data, xml.len));
	buf_fini(&text);
}

/* ---- getPrivate ---- */

static void on_found(struct operation_call *c, const struct stanza *answer, const struct node *payload)
{
	const struct node *element = payload ? node_first_child(answer, payload) : NULL;

	if (element)
		reply_element(c, answer, element);
	else
		operation_fail(c, "not_found", "there is no such element");
}

/* An empty one; NULL: these are no names. */
static struct stanza *make_element(struct str name, struct str ns)
{
	struct stanza *s;
	struct buf text;

	buf_init(&text);
	buf_printf(&text, "<%.*s xmlns='", STR_ARGS(name));
	writer_escape(&text, ns);
	buf_append_text(&text, "'/>");
	s = stanza_try_from_text(buf_str(&text), NS_CLIENT);
	buf_fini(&text);
	/* A name with more in it than a name has become something else. */
	if (s && (!str_equal(node_name(s, node_root(s)), name) || !str_equal(node_ns(s, node_root(s)), ns)))
		stanza_unref(&s);
	return s;
}

static void run_get(struct operation_call *c)
{
	struct stanza *element = make_element(operation_str(c, "element"), operation_str(c, "nameSpace"));

	if (element) {
		ask(c, "get", element, on_found);
		stanza_unref(&element);
	} else {
		operation_fail(c, "bad_element", "the element or its namespace has no name that XML allows");
	}
}

/* ---- setPrivate ---- */

static void on_stored(struct operation_call *c, const struct stanza *answer, const struct node *payload)
{
	struct str element = str_trim(operation_str(c, "elementString"));

	(void)answer;
	(void)payload;
	operation_reply(c, json_stringn(element.data, element.len));
}

static void run_set(struct operation_call *c)
{
	struct stanza *element = stanza_try_from_text(operation_str(c, "elementString"), NS_CLIENT);

	if (element) {
		ask(c, "set", element, on_stored);
		stanza_unref(&element);
	} else {
		operation_fail(c, "bad_element", "this is not one well-formed element, or it is too large");
	}
}

#define ARG_USER {"user", OPERATION_USER, OPERATION_OWN, NULL, "whose"}

static const struct operation_arg args_get[] = {
	ARG_USER,
	{"element", OPERATION_STRING, 0, NULL, "the name of the element"},
	{"nameSpace", OPERATION_TEXT, 0, NULL, "its namespace"},
	{0},
};
static const struct operation_arg args_set[] = {
	ARG_USER,
	{"elementString", OPERATION_XML, 0, NULL, "an element with a namespace of its own, as text"},
	{0},
};

const struct operation private_operations[] = {
	{"private", "getPrivate", "what a client has stored under an element's name and namespace; the empty element if nothing", args_get,
	 OPERATION_ANYWHERE, OPERATION_FOR_USER, false, run_get, &operation_type_xml},
	{"private", "setPrivate", "stores an element, in place of the one of the same name and namespace", args_set, OPERATION_ANYWHERE,
	 OPERATION_FOR_USER, true, run_set, &operation_type_xml},
	{0},
};
