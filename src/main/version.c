#include "main/version.h"

const char *version_text(void)
{
	return "0.1.0";
}
