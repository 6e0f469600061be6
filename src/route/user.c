#include "route/user.h"

#include "base/check.h"
#include "route/module.h"
#include "route/registry.h"
#include "route/session.h"

void **user_slot(struct user *u, const struct module_def *def)
{
	return &u->slots[module_user_slot(def)];
}

void user_keep(struct user *u)
{
	u->keeps++;
}

void user_let_go(struct user *u)
{
	check(u->keeps > 0);
	u->keeps--;
	registry_release_user(u);
}

struct session *user_find_session(const struct user *u, struct str resource)
{
	list_each(link, &u->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (str_equal(jid_resource(s->address), resource))
			return s;
	}
	return NULL;
}

bool user_is_reachable(const struct user *u)
{
	list_each(link, &u->sessions) {
		const struct session *s = container_of(link, struct session, link);

		if (s->presence && s->priority >= 0)
			return true;
	}
	return false;
}
