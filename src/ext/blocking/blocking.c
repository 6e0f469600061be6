/* XEP-0191: communication blocking (mod_blocking). */
#include "ext/blocking/blocking.h"

#include "base/log.h"
#include "ext/blocking/block_query.h"
#include "route/contacts.h"
#include "route/registry.h"
#include "route/router.h"
#include "xmpp/ns.h"

const struct block_list *blocking_find_list(struct user *u)
{
	return *user_slot(u, &blocking_module);
}

void blocking_set_list(struct user *u, const struct block_list *l)
{
	const struct block_list *old = blocking_find_list(u);

	if (old)
		block_list_free(&old);
	*user_slot(u, &blocking_module) = (void *)(uintptr_t)l;
}

/* Who can be blocked: not oneself, nor the server one is on. */
static bool is_blocked(struct user *u, struct jid who)
{
	const struct block_list *l = blocking_find_list(u);

	if (!l || !jid_is_set(who) || !block_list_matches(l, who))
		return false;
	return !jid_bare_equal(who, u->address) && !str_equal(jid_bare_str(who), u->host->name);
}

/* The list is loaded once while the user is here, by the first stanza that asks. */

struct loading {
	struct call *call;
	enum answer (*then)(struct call *c);
};

static void on_loaded(struct store_job *job, void *context)
{
	struct loading *l = context;
	struct call *c = l->call;
	struct why why = {0};

	if (store_job_result(job, &why) == ERR_NONE) {
		struct store_rows rows = store_job_rows(job, 0);
		struct str *addresses = arena_alloc_array(&c->arena, rows.count, sizeof(*addresses));

		for (size_t i = 0; i < rows.count; i++)
			addresses[i] = rows.rows[i].key;
		blocking_set_list(c->user, block_list_new(addresses, rows.count));
	} else {
		log_event(LOG_DEBUG, "blocking", "cannot read a block list", LOG_TEXT("why", why.text));
	}
	store_job_free(&job);
	call_resume(c, l->then(c));
}

/* `then` does not say LATER. */
static enum answer load_then(struct call *c, enum answer (*then)(struct call *c))
{
	struct loading *l;
	struct store_job *job;

	if (blocking_find_list(c->user))
		return then(c);
	l = arena_alloc(&c->arena, sizeof(*l));
	*l = (struct loading){c, then};
	job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_loaded, l);
	store_map_list(job, jid_bare_str(c->user->address), "blocking");
	store_submit_post(job);
	return ANSWER_LATER;
}

/* §3.3 end: the error says that it was the user who blocked. */
static enum answer refuse_own(struct call *c)
{
	struct str id = node_attribute(c->stanza, node_root(c->stanza), "id", &c->arena);
	struct stanza *s;
	struct writer w;
	struct buf b;

	buf_init(&b);
	writer_init(&w, &b);
	writer_open(&w, stanza_kind_name(c->stanza->kind), NULL);
	writer_attribute_text(&w, "type", "error");
	if (id.data)
		writer_attribute(&w, "id", id);
	writer_open(&w, "error", NULL);
	writer_attribute_text(&w, "type", "cancel");
	writer_empty(&w, xerror_stanza_condition(STANZA_ERROR_NOT_ACCEPTABLE), NS_STANZA_ERROR);
	writer_empty(&w, "blocked", NS_BLOCKING_ERRORS);
	writer_close(&w);
	writer_close(&w);
	s = stanza_from_text(buf_str(&b), NS_CLIENT);
	buf_fini(&b);
	session_deliver(c->session, s, c->to, c->from);
	stanza_unref(&s);
	return ANSWER_DONE;
}

static enum answer check_sent(struct call *c)
{
	if (!is_blocked(c->user, c->to))
		return ANSWER_PASS;
	if (!c->session || c->stanza->type == STANZA_TYPE_ERROR || c->stanza->type == STANZA_TYPE_RESULT)
		return ANSWER_DONE;
	return refuse_own(c);
}

/* §3.3: as if nobody were there. An error for a groupchat message or presence would tell a room that the user left it. */
static enum answer check_received(struct call *c)
{
	if (!is_blocked(c->user, c->from))
		return ANSWER_PASS;
	if (c->stanza->kind == STANZA_PRESENCE || c->stanza->type == STANZA_TYPE_GROUPCHAT ||
		c->stanza->type == STANZA_TYPE_HEADLINE)
		return ANSWER_DONE;
	return call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
}

static enum answer on_sent(struct call *c, const struct module *m)
{
	(void)m;
	return load_then(c, check_sent);
}

static enum answer on_received(struct call *c, const struct module *m)
{
	(void)m;
	return load_then(c, check_received);
}

static void on_user_free(struct user *u, void *state)
{
	const struct block_list *l = state;

	(void)u;
	block_list_free(&l);
}

static const struct option_table option_table = {
	.name = "modules.mod_blocking",
	.options = (const struct option[]){{0}},
	.help = "Users can block others (XEP-0191).",
};

static const char *const features[] = {NS_BLOCKING, NULL};

static const struct module_query queries[] = {
	{.ns = NS_BLOCKING, .name = "blocklist", .types = QUERY_GET, .targets = QUERY_OWN, .run = block_query_get},
	{.ns = NS_BLOCKING, .name = "block", .types = QUERY_SET, .targets = QUERY_OWN, .run = block_query_block},
	{.ns = NS_BLOCKING, .name = "unblock", .types = QUERY_SET, .targets = QUERY_OWN, .run = block_query_unblock},
	{0},
};

enum { ALL_KINDS = 1 << STANZA_MESSAGE | 1 << STANZA_PRESENCE | 1 << STANZA_IQ };

static const struct module_hook hooks[] = {
	{.run = on_sent, .side = SIDE_SENDER, .stage = STAGE_ACCEPT, .kinds = ALL_KINDS},
	{.run = block_query_prepare, .side = SIDE_SENDER, .stage = STAGE_ACCEPT, .kinds = 1 << STANZA_IQ},
	{.run = on_received, .side = SIDE_RECEIVER, .stage = STAGE_ACCEPT, .kinds = ALL_KINDS},
	{0},
};

const struct module_def blocking_module = {
	.name = "mod_blocking",
	.summary = "users can block others (XEP-0191)",
	.options = &option_table,
	.host_features = features,
	.account_features = features,
	.queries = queries,
	.hooks = hooks,
	.has_user_state = true,
	.user_free = on_user_free,
	.is_blocked = is_blocked,
};
