#include "route/eviction.h"

#include "route/module.h"

static size_t end_sessions(struct user *u, struct str resource, enum stream_error e, const char *text)
{
	size_t ended = 0;
	user_keep(u);
	list_each(link, &u->sessions) {
		struct session *s = container_of(link, struct session, link);
		if (resource.len && !str_equal(jid_resource(s->address), resource))
			continue;
		session_kick(s, e, text);
		ended++;
	}
	user_let_go(u);
	registry_release_user(u);
	return ended;
}

void eviction_of_account(struct registry *r, struct jid who)
{
	struct user *u = registry_get_user(r, who);
	for (size_t i = 0; i < u->host->module_count; i++) {
		const struct module *m = &u->host->modules[i];
		if (m->def->user_removed)
			m->def->user_removed(m, u);
	}
	u->existence = USER_ABSENT;
	end_sessions(u, STR_NONE, STREAM_ERROR_NOT_AUTHORIZED, "the account has been removed");
}

size_t eviction_of_sessions(struct registry *r, struct jid who, const char *text)
{
	struct user *u = registry_find_user(r, jid_bare_str(who));
	return u ? end_sessions(u, jid_resource(who), STREAM_ERROR_POLICY_VIOLATION, text) : 0;
}
