/* fault: what the parser can find wrong, from fault.def: the stream error it means and a word for debugging.
 *
 * Internal to xmpp. Threads: any. Test: test/unit/xmpp/parser_test.c */
#ifndef MEERKAT_XMPP_FAULT_H
#define MEERKAT_XMPP_FAULT_H

#include "xmpp/xerror.h"

enum fault {
	FAULT_NONE,
#define FAULT(name, error, text) FAULT_##name,
#include "xmpp/fault.def"
#undef FAULT
	FAULT_COUNT,
};

enum stream_error fault_error(enum fault f);

/* A literal; "" for NONE. */
const char *fault_text(enum fault f);

#endif
