/* place: where the server's administration socket is: from the command line, the environment, or the usual configuration files. */
#ifndef MEERKAT_CTL_PLACE_H
#define MEERKAT_CTL_PLACE_H

#include "base/err.h"

/* The path of the socket, on the heap; NULL with why. config_path: given with --config, or NULL: $MEERKAT_CONFIG, run/meerkat.toml here,
 * /etc/meerkat/meerkat.toml, in this order. */
char *place_of_socket(const char *config_path, struct why *why);

#endif
