/* name_server: a DNS server with the manners of all the others, for tests of whoever asks it.
 *
 * Over UDP on a loopback port, in a thread. It knows (below "test."; anything may stand before these names):
 *   a.test        A 192.0.2.1 and 192.0.2.2, AAAA 2001:db8::1, for an hour
 *   brief.test    A 192.0.2.3, for one second
 *   srv.test      SRV 10 20 5269 a.test, SRV 5 0 0 a.test
 *   many.test     as many SRV records as fit into 1,200 bytes
 *   alias.test    CNAME a.test and its A record; loop.test: CNAME loop.test
 *   silent.test   no answer; slow.test: A 192.0.2.4 after 400 ms; broken.test: SERVFAIL; garbage.test: nonsense
 *   empty.test    it is there, without records
 * All else does not exist. Threads: name_server_start and name_server_stop one. */
#ifndef MEERKAT_SUPPORT_NAME_SERVER_H
#define MEERKAT_SUPPORT_NAME_SERVER_H

struct name_server;

struct name_server *name_server_start(void);
int name_server_port(const struct name_server *s);
/* How often it was asked for a name with this text in it. */
int name_server_count(struct name_server *s, const char *text);
void name_server_stop(struct name_server **s);

#endif
