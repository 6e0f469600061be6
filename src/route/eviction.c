#include "route/eviction.h"

#include "route/module.h"

void eviction_prepare(struct registry *r, struct jid who)
{
	struct user *u = registry_get_user(r, who);
	/* What the modules send is run when all have been asked: it could let the user go. */
	bool was_running = registry_hold(r);
	for (size_t i = 0; i < u->host->module_count; i++) {
		const struct module *m = &u->host->modules[i];
		if (m->def->user_removed)
			m->def->user_removed(m, u);
	}
	u->existence = USER_ABSENT;
	registry_release_user(u);
	registry_let_run(r, was_running);
}

size_t eviction_of_sessions(struct registry *r, struct jid who, const char *text)
{
	struct user *u = registry_find_user(r, jid_bare_str(who));
	size_t ended = 0;
	if (!u)
		return 0;
	user_keep(u);
	enum stream_error e = u->existence == USER_ABSENT ? STREAM_ERROR_NOT_AUTHORIZED : STREAM_ERROR_POLICY_VIOLATION;
	list_each(link, &u->sessions) {
		struct session *s = container_of(link, struct session, link);
		if (jid_resource(who).len && !str_equal(jid_resource(s->address), jid_resource(who)))
			continue;
		session_kick(s, e, text);
		ended++;
	}
	user_let_go(u);
	return ended;
}
