/* reload: the configuration again, while everybody stays connected: all of it is valid and takes effect, or nothing changes. */
#ifndef MEERKAT_MAIN_RELOAD_H
#define MEERKAT_MAIN_RELOAD_H

#include "base/buf.h"
#include "main/server.h"

/* Reads the file again and applies it. The report says, one line each: errors (then nothing was applied), what was applied, what holds
 * for new connections, what needs a restart. s->reloaded keeps it. */
enum err reload_configuration(struct server *s, struct buf *report);

#endif
