/* The category "s2s": is another server reached? */
#include "admin/own_operations.h"
#include "admin/operations.h"
#include "route/host.h"
#include "route/registry.h"

static void on_tested(void *context, bool is_reached, struct str report)
{
	struct operation_call *c = context;
	struct str domain = operation_str(c, "domain");
	operation_reply(c, json_pack("{s:s%, s:b, s:o}", "domain", domain.data, domain.len, "reached", is_reached,
				     "steps", operations_lines(report)));
}

static void run_test_domain(struct operation_call *c)
{
	const struct operations_control *control = operations_get_control();
	struct str from = operation_str(c, "from");
	if (!from.data)
		from = c->registry->hosts->config->general.default_server_domain;
	if (!control->test_domain)
		operation_fail(c, "not_available", "there are no connections to other servers");
	else if (!host_find(c->registry->hosts, from))
		operation_fail(c, "domain_not_found", "\"%.*s\" is none of the domains of this server", STR_ARGS(from));
	else if (host_find(c->registry->hosts, operation_str(c, "domain")))
		operation_fail(c, "own_domain", "\"%.*s\" is a domain of this server", STR_ARGS(operation_str(c, "domain")));
	else
		control->test_domain(c->registry, &(struct operations_test){from, operation_str(c, "domain"), on_tested, c});
}

static const struct operation_field test_fields[] = {
	{"domain", &operation_type_domain, "that was tried"},
	{"reached", &operation_type_boolean, "a stream could be opened, with as much TLS as the configuration wants"},
	{"steps", &operation_type_strings, "what happened: resolve, connect, stream, TLS, certificate, features; the verdict is the last one"},
	{0},
};
static const struct operation_type test_type = {.name = "S2sTestDomainPayload", .fields = test_fields};

static const struct operation_arg args_test[] = {
	{"domain", OPERATION_DOMAIN, 0, NULL, "of the other server"},
	{"from", OPERATION_DOMAIN, OPERATION_OPTIONAL, NULL, "in the name of which of our domains; default: general.default_server_domain"},
	{0},
};

const struct operation probe_operations[] = {
	{"s2s", "testDomain", "tries to reach another server, and tells each step", args_test, OPERATION_ANYWHERE_LONG, OPERATION_FOR_ADMIN, false,
	 run_test_domain, &test_type},
	{0},
};
