#include "xmpp/fault.h"

#include "base/check.h"

static const struct {
	enum stream_error error;
	const char *text;
} faults[FAULT_COUNT] = {
	[FAULT_NONE] = {STREAM_ERROR_NONE, ""},
#define FAULT(name, error, text) [FAULT_##name] = {STREAM_ERROR_##error, text},
#include "xmpp/fault.def"
#undef FAULT
};

enum stream_error fault_error(enum fault f)
{
	check(f < FAULT_COUNT);
	return faults[f].error;
}

const char *fault_text(enum fault f)
{
	check(f < FAULT_COUNT);
	return faults[f].text;
}
