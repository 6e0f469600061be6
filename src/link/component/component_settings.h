/* component_settings: what one configuration says about a listener for components, beyond what all listeners have.
 *
 * Internal to link/component. Threads: any. Test: test/wire/65-components/reload.wire */
#ifndef MEERKAT_LINK_COMPONENT_SETTINGS_H
#define MEERKAT_LINK_COMPONENT_SETTINGS_H

#include "base/list.h"
#include "link/service.h"
#include "xmpp/parser.h"

struct component_settings {
	struct service_settings base;
	struct parser_limits before_login, after_login;
};

static inline struct component_settings *component_settings(struct service_settings *s)
{
	return container_of(s, struct component_settings, base);
}

#endif
