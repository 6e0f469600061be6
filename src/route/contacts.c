#include "route/contacts.h"

#include "route/host.h"

static const struct contacts_ops *ops_of(const struct user *u)
{
	return u->host->contacts ? u->host->contacts->def->contacts : NULL;
}

enum answer contacts_load(struct call *c)
{
	const struct contacts_ops *ops = ops_of(c->user);

	return ops ? ops->load(c) : ANSWER_PASS;
}

unsigned contacts_flags_of(struct user *u, struct jid address)
{
	const struct contacts_ops *ops = ops_of(u);

	return ops ? ops->flags_of(u, address) : 0;
}

int contacts_next(struct user *u, size_t *cursor, struct contact *out)
{
	const struct contacts_ops *ops = ops_of(u);

	return ops ? ops->next(u, cursor, out) : 0;
}

int contacts_is_blocked(struct user *u, struct jid address)
{
	for (size_t i = 0; i < u->host->module_count; i++) {
		const struct module_def *def = u->host->modules[i].def;

		if (def->is_blocked && def->is_blocked(u, address))
			return 1;
	}
	return 0;
}
