#include "ext/roster/roster_load.h"

#include "base/log.h"
#include "ext/roster/roster.h"
#include "route/registry.h"

struct loading {
	struct call *call;
	enum answer (*then)(struct call *c); /* NULL: for others, who go on with PASS */
};

struct roster_list *roster_load_find(struct user *u)
{
	return *user_slot(u, &roster_module);
}

static struct roster_list *list_from_rows(struct store_rows rows)
{
	struct roster_list *list = roster_list_new();

	for (size_t i = 0; i < rows.count; i++) {
		struct roster_item *item = roster_item_from_record(rows.rows[i].key, rows.rows[i].blob);

		if (item)
			roster_list_put(list, item);
		else
			log_event(LOG_WARN, "roster", "a stored contact cannot be read");
	}
	return list;
}

static void on_loaded(struct store_job *job, void *context)
{
	struct loading *l = context;
	struct call *c = l->call;
	struct why why = {0};
	bool is_read = store_job_result(job, &why) == ERR_NONE;
	enum answer answer = ANSWER_PASS;

	if (is_read)
		*user_slot(c->user, &roster_module) = list_from_rows(store_job_rows(job, 0));
	else
		log_event(LOG_DEBUG, "roster", "cannot read a roster", LOG_TEXT("why", why.text));
	store_job_free(&job);
	if (l->then)
		answer = is_read ? l->then(c) : call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	if (answer != ANSWER_LATER)
		call_resume(c, answer);
}

static enum answer load(struct call *c, enum answer (*then)(struct call *c))
{
	struct loading *l = arena_alloc(&c->arena, sizeof(*l));
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_loaded, l);

	*l = (struct loading){c, then};
	store_map_list(job, jid_bare_str(c->user->address), "roster");
	store_submit_post(job);
	return ANSWER_LATER;
}

enum answer roster_load_then(struct call *c, enum answer (*then)(struct call *c))
{
	return roster_load_find(c->user) ? then(c) : load(c, then);
}

enum answer roster_load_contacts(struct call *c)
{
	return roster_load_find(c->user) ? ANSWER_PASS : load(c, NULL);
}

void roster_load_on_user_free(struct user *u, void *state)
{
	struct roster_list *list = state;

	(void)u;
	roster_list_free(&list);
}
