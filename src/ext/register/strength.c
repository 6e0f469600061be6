#include "ext/register/strength.h"

#include <math.h>

double strength_bits(struct str password)
{
	static const int sizes[] = {26, 26, 10, 33, 128};
	bool seen[5] = {false};
	int alphabet = 0;
	for (size_t i = 0; i < password.len; i++) {
		unsigned char c = (unsigned char)password.data[i];
		seen[c >= 'a' && c <= 'z' ? 0 : c >= 'A' && c <= 'Z' ? 1 : c >= '0' && c <= '9' ? 2 : c < 128 ? 3 : 4] = true;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		alphabet += seen[i] ? sizes[i] : 0;
	return alphabet ? (double)password.len * log2(alphabet) : 0;
}
