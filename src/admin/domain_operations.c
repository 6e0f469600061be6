/* The category "domain": the domains of the configuration, and the passwords of their administrators. What makes and removes domains in a database
 * (addDomain and so on) is not there: domains are made in the configuration. */
#include "admin/own_operations.h"
#include "auth/domain_password.h"
#include "route/registry.h"

static json_t *text_of(struct str s)
{
	return json_stringn(s.data, s.len);
}

/* NULL, and the call is answered, when it is none of ours. */
static const struct host *find_host(struct operation_call *c, struct str name)
{
	const struct host *host = host_find(c->registry->hosts, name);

	if (!host)
		operation_fail(c, "domain_not_found", "no such domain here: %.*s", STR_ARGS(name));
	return host;
}

/* ---- which there are ---- */

/* Each domain of the configuration is a type of its own. */
static json_t *describe(const struct host *host)
{
	json_t *domain = json_pack("{s:s}", "status", "enabled");

	json_object_set_new(domain, "domain", text_of(host->name));
	json_object_set_new(domain, "hostType", text_of(host->name));
	return domain;
}

static void run_all(struct operation_call *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->registry->hosts->count; i++)
		json_array_append_new(list, describe(&c->registry->hosts->hosts[i]));
	operation_reply(c, list);
}

static void run_by_type(struct operation_call *c)
{
	const struct host *host = find_host(c, operation_str(c, "hostType"));

	if (host)
		operation_reply(c, json_pack("[o]", text_of(host->name)));
}

static void run_details(struct operation_call *c)
{
	const struct host *host = find_host(c, operation_str(c, "domain"));

	if (host)
		operation_reply(c, describe(host));
}

/* ---- passwords ---- */

static void answer(struct operation_call *c, enum err e, const char *text)
{
	switch (e) {
	case ERR_NONE:
		operation_reply(c, json_string(text));
		break;
	case ERR_NOT_FOUND:
		operation_fail(c, "domain_password_not_found", "this domain has no password");
		break;
	case ERR_INVALID:
		operation_fail(c, "bad_password", "this cannot be a password");
		break;
	default:
		operation_fail(c, "internal", "it could not be done: %s", err_text(e));
	}
}

static void on_set(void *context, enum err e)
{
	answer(context, e, "the password is set");
}

static void on_deleted(void *context, enum err e)
{
	answer(context, e, "the password is deleted");
}

static struct domain_password_asker asker(struct operation_call *c, const struct host *host)
{
	return (struct domain_password_asker){.service = &c->registry->realm->accounts,
					      .reply_to = c->registry->mailbox,
					      .iterations = (uint32_t)host->config->auth->scram_iterations,
					      .context = c};
}

static void run_set(struct operation_call *c)
{
	const struct host *host = find_host(c, operation_str(c, "domain"));

	if (host)
		domain_password_set(asker(c, host), host->name, operation_str(c, "password"), on_set);
}

static void run_delete(struct operation_call *c)
{
	const struct host *host = find_host(c, operation_str(c, "domain"));

	if (host)
		domain_password_delete(asker(c, host), host->name, on_deleted);
}

/* ---- the table ---- */

static const struct operation_arg args_type[] = {
	{"hostType", OPERATION_STRING, 0, NULL, "a type; each domain of the configuration is one of its own, of the same name"},
	{0},
};
static const struct operation_arg args_domain[] = {
	{"domain", OPERATION_DOMAIN, 0, NULL, "the domain"},
	{0},
};
static const struct operation_arg args_password[] = {
	{"domain", OPERATION_DOMAIN, 0, NULL, "the domain"},
	{"password", OPERATION_SECRET, 0, NULL, "the new password"},
	{0},
};

static const struct operation_type status = {.name = "DomainStatus", .values = "enabled|disabled|deleting"};
static const struct operation_field domain_fields[] = {
	{"domain", &operation_type_string, "the domain"},
	{"hostType", &operation_type_string, "its type"},
	{"status", &status, "is it served?"},
	{0},
};
static const struct operation_type domain = {.name = "Domain", .fields = domain_fields}, domains = {.item = &domain};
static const struct operation_type names = {.item = &operation_type_domain};

const struct operation domain_operations[] = {
	{"domain", "domainsByHostType", "the domains of a type", args_type, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false, run_by_type, &names},
	{"domain", "allDomains", "all domains", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false, run_all, &domains},
	{"domain", "domainDetails", "what there is to be said of a domain", args_domain, OPERATION_ANYWHERE, OPERATION_FOR_DOMAIN_ADMIN, false,
	 run_details, &domain},
	{"domain", "setDomainPassword", "sets the password with which admin@DOMAIN administrates the domain", args_password, OPERATION_ANYWHERE,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_set, &operation_type_string},
	{"domain", "deleteDomainPassword", "takes it away: nobody administrates only this domain", args_domain, OPERATION_ANYWHERE,
	 OPERATION_FOR_ADMIN, true, run_delete, &operation_type_string},
	{0},
};
