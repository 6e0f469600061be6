/* The number is in meson.build. */
#include "main/version.h"

const char *version_text(void)
{
	return MEERKAT_VERSION;
}
