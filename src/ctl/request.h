/* request: one request to the server, one answer. */
#ifndef MEERKAT_CTL_REQUEST_H
#define MEERKAT_CTL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

/* Sends the request and waits for the answer, at most 35 seconds unless it is for something that takes long. NULL with why; ERR_CLOSED in *e_out:
 * the server is not running. */
json_t *request_send(const char *socket_path, const json_t *request, bool is_long, enum err *e_out, struct why *why);

#endif
