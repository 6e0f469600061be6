/* s2s_control: the streams of a loop with other servers, for administrators (route/abroad.h).
 *
 * Internal to link/s2s. Threads: the loop's. Test: test/federation/meerkats_test.py */
#ifndef MEERKAT_LINK_S2S_CONTROL_H
#define MEERKAT_LINK_S2S_CONTROL_H

#include "route/abroad.h"

extern const struct abroad_ops s2s_control_ops;

#endif
