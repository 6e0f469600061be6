/* control: how administration asks the main thread to stop or reload the server. Threads: what it hands out, any. */
#ifndef MEERKAT_MAIN_CONTROL_H
#define MEERKAT_MAIN_CONTROL_H

#include "admin/operations.h"
#include "main/server.h"

const struct operations_control *control_of_server(struct server *s);

#endif
