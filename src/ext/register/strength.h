/* strength: how hard a password is to guess, in bits, by length and kinds of characters (mod_register.password_strength). */
#ifndef MEERKAT_EXT_STRENGTH_H
#define MEERKAT_EXT_STRENGTH_H

#include "base/str.h"

/* An upper bound of its entropy: length times log2 of the alphabet it seems to be drawn from. */
double strength_bits(struct str password);

#endif
