#include "ext/vcard/vcard_operations.h"

#include "ext/vcard/vcard_json.h"
#include "route/errand_query.h"
#include "xmpp/ns.h"

/* ---- getVcard ---- */

static void on_found(struct operation_call *c, const struct stanza *answer, const struct node *vcard)
{
	if (vcard && node_first_child(answer, vcard))
		operation_reply(c, vcard_json_read(answer, vcard));
	else
		operation_fail(c, "vcard_not_found", "there is no vCard");
}

/* A vCard is for everybody to read: it is asked for in the name of its owner. */
static void run_get(struct operation_call *c)
{
	struct str user = operation_str(c, "user");
	struct buf text;
	struct writer w;

	buf_init(&text);
	writer_init(&w, &text);
	writer_empty(&w, "vCard", NS_VCARD);
	errand_query_start(&(struct errand_query){.call = c,
						  .user = user.len ? user : operation_str(c, "caller"),
						  .type = "get",
						  .payload = buf_str(&text),
						  .reply = on_found});
	buf_fini(&text);
}

/* ---- setVcard ---- */

/* False: there is no way to write it. */
static bool write_argument(const struct operation_call *c, struct buf *out)
{
	struct writer w;

	writer_init(&w, out);
	return vcard_json_write(json_object_get(c->args, "vcard"), &w);
}

/* What was stored, as it is read. */
static void on_stored(struct operation_call *c, const struct stanza *answer, const struct node *payload)
{
	struct buf text;
	struct stanza *s;

	(void)answer;
	(void)payload;
	buf_init(&text);
	write_argument(c, &text);
	s = stanza_from_text(buf_str(&text), NS_CLIENT);
	operation_reply(c, vcard_json_read(s, node_root(s)));
	stanza_unref(&s);
	buf_fini(&text);
}

static void run_set(struct operation_call *c)
{
	struct buf text;

	buf_init(&text);
	if (write_argument(c, &text))
		errand_query_start(&(struct errand_query){
			.call = c, .user = operation_str(c, "user"), .type = "set", .payload = buf_str(&text), .reply = on_stored});
	else
		operation_fail(c, "bad_vcard", "vCards in the vCard are nested too deep");
	buf_fini(&text);
}

static const struct operation_arg args_get[] = {{"user", OPERATION_USER, 0, NULL, "whose"}, {0}};
static const struct operation_arg args_own_get[] = {
	{"caller", OPERATION_USER, OPERATION_OWN, NULL, "the caller"},
	{"user", OPERATION_USER, OPERATION_OPTIONAL | OPERATION_ANY_DOMAIN, NULL, "somebody else of this server"},
	{0},
};
static const struct operation_arg args_set[] = {
	{"user", OPERATION_USER, OPERATION_OWN, NULL, "whose"},
	{"vcard", OPERATION_INPUT, 0, &vcard_json_input, "all of it"},
	{0},
};

const struct operation vcard_operations[] = {
	{"vcard", "getVcard", "the vCard of a user", args_get, OPERATION_ANYWHERE, OPERATION_FOR_DOMAIN_ADMIN, false, run_get, &vcard_json_type},
	{"vcard", "getVcard", "the own vCard, or another user's", args_own_get, OPERATION_ANYWHERE, OPERATION_FOR_USER_ONLY, false, run_get,
	 &vcard_json_type},
	{"vcard", "setVcard", "stores a vCard in place of the one that is there", args_set, OPERATION_ANYWHERE, OPERATION_FOR_USER, true, run_set,
	 &vcard_json_type},
	{0},
};
