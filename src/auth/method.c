#include "auth/method.h"

static const struct method *const methods[CONFIG_AUTH_METHODS] = {
	[CONFIG_AUTH_INTERNAL] = &method_internal,
	[CONFIG_AUTH_PKI] = &method_pki,
	[CONFIG_AUTH_RDBMS] = &method_internal,
	[CONFIG_AUTH_ANONYMOUS] = &method_anonymous,
	[CONFIG_AUTH_DUMMY] = &method_dummy,
	[CONFIG_AUTH_JWT] = &method_jwt,
	[CONFIG_AUTH_EXTERNAL] = &method_external,
#ifndef MEERKAT_WITHOUT_CURL
	[CONFIG_AUTH_HTTP] = &method_http,
#endif
#ifndef MEERKAT_WITHOUT_LDAP
	[CONFIG_AUTH_LDAP] = &method_ldap,
#endif
};

const struct method *method_find(enum config_auth_method m)
{
	return methods[m];
}

unsigned method_services(const struct config_auth *auth, uint32_t denied)
{
	const int *list = auth->methods.items;
	unsigned services = 0;

	for (size_t i = 0; i < auth->methods.count; i++) {
		if (methods[list[i]] && !(denied & 1u << list[i]))
			services |= methods[list[i]]->serves(auth);
	}
	return services;
}
