/* ip: an internet address with a port, small enough to be kept per connection.
 *
 * Threads: any. Test: test/unit/base/ip_test.c */
#ifndef MEERKAT_BASE_IP_H
#define MEERKAT_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"

struct ip {
	uint8_t bytes[16]; /* network order; version 4 uses the first four */
	uint16_t port;     /* host order */
	uint8_t version;   /* 4 or 6; 0: none (a Unix socket, a test) */
};

struct ip_range {
	struct ip base;
	uint8_t prefix; /* bits */
};

enum { IP_TEXT_MAX = 64 };

/* An IPv4-mapped IPv6 address becomes version 4. */
struct ip ip_from_sockaddr(const struct sockaddr *a);
/* Returns the length for bind/connect. */
socklen_t ip_to_sockaddr(struct ip a, struct sockaddr_storage *out);
/* "127.0.0.1", "127.1", "0", "::1"; no names, no port. */
bool ip_parse(struct str text, struct ip *out);
/* The address without port; with_port: "127.0.0.1:5222", "[::1]:5222". out has IP_TEXT_MAX bytes. Returns out. */
const char *ip_format(struct ip a, bool with_port, char *out);
bool ip_is_loopback(struct ip a);
bool ip_equal(struct ip a, struct ip b); /* without the port */
/* "10.0.0.0/8", "::1", "127.0.0.1". */
bool ip_range_parse(struct str text, struct ip_range *out);
bool ip_range_contains(const struct ip_range *r, struct ip a);

#endif
