/* tls_check: what is wrong with the TLS of a listener, as far as can be known before anybody connects: files, keys, dates, names.
 *
 * Errors are what a context cannot be made of; an end date that has passed, or a host that no certificate covers, are warnings: the
 * server can run, though its clients will complain. Threads: any. Test: test/unit/net/tls_check_test.c */
#ifndef MEERKAT_NET_TLS_CHECK_H
#define MEERKAT_NET_TLS_CHECK_H

#include "conf/config.h"

/* `value` is the field of the configuration that the text is about. */
typedef void tls_check_tell(void *context, const void *value, bool is_error, const char *text);

/* `hosts` (struct str) are the domains that clients will ask for here; empty: names do not matter. False if there was an error. */
bool tls_check(const struct config_tls *c, const struct option_list *hosts, tls_check_tell *tell, void *context);

#endif
