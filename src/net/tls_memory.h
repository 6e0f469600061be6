/* tls_memory: how many bytes OpenSSL gives back in a call, which it does not say itself.
 *
 * Its memory goes through functions of ours that count while they are asked to, and cost nothing worth telling otherwise.
 * Threads: tls_memory_watch once, before anything else of OpenSSL is used; the others any. Test: test/unit/net/conn_tls_test.c */
#ifndef MEERKAT_NET_TLS_MEMORY_H
#define MEERKAT_NET_TLS_MEMORY_H

#include <stddef.h>

/* Without it everything counts as 0. */
void tls_memory_watch(void);

/* What this thread frees from the first call until the second, in bytes. */
void tls_memory_begin(void);
size_t tls_memory_end(void);

#endif
