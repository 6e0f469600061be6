/* loading: reads the configuration and looks into the files that it names, for the start, a reload and --check alike.
 *
 * Nothing is bound or opened for use. Threads: the main thread. Test: test/wire/85-configuration/ */
#ifndef MEERKAT_MAIN_LOADING_H
#define MEERKAT_MAIN_LOADING_H

#include "base/buf.h"
#include "conf/config.h"
#include "main/options.h"
#include "route/host.h"

/* Both counted, or NULL: then the report says why; it has the warnings in any case. */
const struct config *loading_read(const struct options *o, const struct host_set **hosts_out, struct buf *report);

#endif
