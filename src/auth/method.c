#include "auth/method.h"

static const struct method *const methods[CONFIG_AUTH_METHODS] = {
	[CONFIG_AUTH_INTERNAL] = &method_internal,
	[CONFIG_AUTH_PKI] = &method_pki,
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
