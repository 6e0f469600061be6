/* services: which kind of service a listener of the configuration is.
 *
 * Threads: constant. Test: test/wire/ */
#ifndef MEERKAT_MAIN_SERVICES_H
#define MEERKAT_MAIN_SERVICES_H

#include "conf/config.h"
#include "link/service.h"

const struct service_kind *services_kind(enum config_listen_kind kind);

#endif
