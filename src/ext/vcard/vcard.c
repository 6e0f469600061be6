/* XEP-0054: one vCard per account, for everybody to read. */
#include "ext/vcard/vcard_operations.h"
#include "route/module.h"
#include "route/registry.h"
#include "store/store.h"
#include "xmpp/ns.h"

#define KIND "vcard"

struct vcard_options {
	char none; /* every option of MongooseIM's is about searching, or about where the data is */
};

static void on_stored(struct store_job *job, void *context)
{
	struct call *c = context;
	if (store_job_result(job, NULL) == ERR_NONE)
		call_result(c);
	else
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	store_job_free(&job);
	call_resume(c, ANSWER_DONE);
}

/* XEP-0054 §3.1: an empty vCard for an account that has none. */
static void on_found(struct store_job *job, void *context)
{
	struct call *c = context;
	if (store_job_result(job, NULL) != ERR_NONE) {
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	} else {
		struct store_rows rows = store_job_rows(job, 0);
		struct writer *w = call_begin_result(c);
		if (rows.count)
			writer_raw(w, rows.rows[0].blob);
		else
			writer_empty(w, "vCard", NS_VCARD);
		call_send_result(c);
	}
	store_job_free(&job);
	call_resume(c, ANSWER_DONE);
}

static enum answer get(struct call *c)
{
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_found, c);
	store_value_get(job, jid_bare_str(c->user->address), KIND);
	store_submit_post(job);
	return ANSWER_LATER;
}

static enum answer set(struct call *c)
{
	struct buf text;
	struct writer w;
	buf_init(&text);
	writer_init(&w, &text);
	writer_node(&w, c->stanza, call_payload(c));
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_stored, c);
	store_value_put(job, jid_bare_str(c->user->address), KIND, buf_str(&text));
	buf_fini(&text);
	store_submit_post(job);
	return ANSWER_LATER;
}

static enum answer answer_for_host(struct call *c)
{
	struct writer *w = call_begin_result(c);
	writer_open(w, "vCard", NS_VCARD);
	writer_leaf(w, "FN", NULL, STR("meerkat"));
	writer_leaf(w, "DESC", NULL, STR("XMPP server"));
	writer_close(w);
	return call_send_result(c);
}

static enum answer run(struct call *c, const struct module *m)
{
	bool is_set = c->stanza->type == STANZA_TYPE_SET;
	bool is_to_host = jid_is_set(c->to) && !c->to.local_len;
	(void)m;
	if (is_set && (is_to_host || !call_is_own(c)))
		return call_error(c, STANZA_ERROR_FORBIDDEN, "only the own vCard can be changed");
	if (is_to_host)
		return answer_for_host(c);
	return is_set ? set(c) : get(c);
}

static const struct option options[] = {
	{.key = "host", .type = OPTION_STRING, .flags = OPTION_IGNORED, .help = "Address of the user directory (XEP-0055), which is not offered."},
	{.key = "search", .type = OPTION_BOOL, .flags = OPTION_IGNORED, .help = "The user directory (XEP-0055) is not offered."},
	{.key = "matches", .type = OPTION_INT_OR_INFINITY, .flags = OPTION_IGNORED, .min = 1, .max = INT64_MAX,
	 .help = "The user directory (XEP-0055) is not offered."},
	{0},
};
static const struct option_table table = {
	.name = "modules.mod_vcard", .size = sizeof(struct vcard_options), .options = options, .help = "vcard-temp (XEP-0054)."};

static const char *const features[] = {NS_VCARD, NULL};
static const struct module_query queries[] = {{NS_VCARD, "vCard", QUERY_GET | QUERY_SET, QUERY_HOST | QUERY_ANYONE, run}, {0}};

const struct module_def vcard_module = {
	.name = "mod_vcard",
	.summary = "keeps vCards",
	.options = &table,
	.host_features = features,
	.account_features = features,
	.queries = queries,
	.operations = vcard_operations,
};
