/* The PROXY protocol, versions 1 and 2, as published with HAProxy (doc/proxy-protocol.txt, 2020/03/05) */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const char signature_1[] = "PROXY ";
static const uint8_t signature_2[] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

enum {
	HEAD_2 = 16, /* signature, version and command, family, length */
	COMMAND_AT = 12,
	FAMILY_AT = 13,
	LENGTH_AT = 14,
	COMMAND_LOCAL = 0x20, /* version 2 in the upper half */
	COMMAND_PROXY = 0x21,
	ADDRESSES_4 = 12, /* two addresses, two ports */
	ADDRESSES_6 = 36,
	ADDRESSES_UNIX = 216,
};

/* ---- version 1: a line of text ---- */

static bool parse_port(struct str text, uint16_t *out)
{
	int64_t number;

	if (text.len == 0 || text.data[0] == '-' || (text.len > 1 && text.data[0] == '0') || !str_to_int(text, 0, UINT16_MAX, &number))
		return false;
	*out = (uint16_t)number;
	return true;
}

static bool parse_address(struct str text, int family, struct ip *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	char copy[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.data, 0, text.len))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (inet_pton(family, copy, family == AF_INET ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr) != 1)
		return false;
	*out = ip_from_sockaddr(family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6);
	return true;
}

/* "192.0.2.1 192.0.2.2 4711 5222" */
static bool parse_endpoints(struct str text, int family, struct ip *source_out)
{
	struct str source = str_split(text, ' ', &text), destination = str_split(text, ' ', &text);
	struct str source_port = str_split(text, ' ', &text);
	struct ip unused;

	return parse_address(source, family, source_out) && parse_address(destination, family, &unused) &&
	       parse_port(source_port, &source_out->port) && text.data && parse_port(text, &unused.port);
}

/* What stands between "PROXY " and the end of the line. */
static bool parse_line(struct str text, struct ip *source_out)
{
	struct str rest, protocol = str_split(text, ' ', &rest);

	if (str_is(protocol, "UNKNOWN"))
		return true;
	if (str_is(protocol, "TCP4"))
		return parse_endpoints(rest, AF_INET, source_out);
	return str_is(protocol, "TCP6") && parse_endpoints(rest, AF_INET6, source_out);
}

static enum proxy_result finish_line(struct proxy *p)
{
	const size_t head = sizeof(signature_1) - 1;
	struct ip source = {0};

	if (p->kept[p->len - 2] != '\r' || p->len < head + 2)
		return PROXY_MALFORMED;
	if (!parse_line(str_make((const char *)p->kept + head, p->len - head - 2), &source))
		return PROXY_MALFORMED;
	p->source = source;
	return PROXY_DONE;
}

static enum proxy_result take_byte_1(struct proxy *p, uint8_t byte)
{
	if (p->len < sizeof(signature_1) - 1 && byte != (uint8_t)signature_1[p->len])
		return PROXY_MALFORMED;
	/* A carriage return is the last but one. */
	if (p->len > 0 && p->kept[p->len - 1] == '\r' && byte != '\n')
		return PROXY_MALFORMED;
	p->kept[p->len++] = byte;
	if (byte == '\n')
		return finish_line(p);
	return p->len == PROXY_KEPT_BYTES ? PROXY_MALFORMED : PROXY_MORE;
}

/* ---- version 2: binary ---- */

/* How long the addresses of a family are; -1: there is no such family or protocol. */
static int addresses_len(uint8_t family)
{
	switch (family) {
	case 0x00:
		return 0;
	case 0x11: /* TCP and UDP over IPv4 */
	case 0x12:
		return ADDRESSES_4;
	case 0x21:
	case 0x22:
		return ADDRESSES_6;
	case 0x31: /* Unix sockets */
	case 0x32:
		return ADDRESSES_UNIX;
	default:
		return -1;
	}
}

static bool is_internet_stream(uint8_t family)
{
	return family == 0x11 || family == 0x21;
}

/* The head is there: decides what is still wanted of the header, and what is passed over. */
static enum proxy_result examine_head(struct proxy *p)
{
	uint8_t command = p->kept[COMMAND_AT], family = p->kept[FAMILY_AT];
	int body = p->kept[LENGTH_AT] << 8 | p->kept[LENGTH_AT + 1], addresses = 0;

	if (command != COMMAND_LOCAL && command != COMMAND_PROXY)
		return PROXY_MALFORMED;
	/* Of a health check of the proxy's own nothing counts but its length. */
	if (command == COMMAND_PROXY) {
		addresses = addresses_len(family);
		if (addresses < 0 || body < addresses)
			return PROXY_MALFORMED;
		if (!is_internet_stream(family))
			addresses = 0;
	}
	p->wanted = (uint8_t)(HEAD_2 + addresses);
	p->rest = (uint16_t)(body - addresses);
	return PROXY_MORE;
}

static void read_addresses(struct proxy *p)
{
	const uint8_t *at = p->kept + HEAD_2;
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (p->wanted == HEAD_2 + ADDRESSES_4) {
		memcpy(&v4.sin_addr, at, 4);
		memcpy(&v4.sin_port, at + 8, 2);
		p->source = ip_from_sockaddr((struct sockaddr *)&v4);
	} else if (p->wanted == HEAD_2 + ADDRESSES_6) {
		memcpy(&v6.sin6_addr, at, 16);
		memcpy(&v6.sin6_port, at + 32, 2);
		p->source = ip_from_sockaddr((struct sockaddr *)&v6);
	}
}

static enum proxy_result take_byte_2(struct proxy *p, uint8_t byte)
{
	enum proxy_result result = PROXY_MORE;

	if (p->len < sizeof(signature_2) && byte != signature_2[p->len])
		return PROXY_MALFORMED;
	p->kept[p->len++] = byte;
	if (p->len == HEAD_2)
		result = examine_head(p);
	if (result == PROXY_MORE && p->len == p->wanted) {
		read_addresses(p);
		return p->rest == 0 ? PROXY_DONE : PROXY_MORE;
	}
	return result;
}

static size_t pass_over(struct proxy *p, size_t available)
{
	size_t len = available < p->rest ? available : p->rest;

	p->rest = (uint16_t)(p->rest - len);
	return len;
}

/* ---- either ---- */

void proxy_init(struct proxy *p)
{
	*p = (struct proxy){0};
}

static enum proxy_result take_byte(struct proxy *p, uint8_t byte)
{
	uint8_t first = p->len ? p->kept[0] : byte;

	return first == (uint8_t)signature_1[0] ? take_byte_1(p, byte) : take_byte_2(p, byte);
}

enum proxy_result proxy_feed(struct proxy *p, struct str bytes, size_t *used_out)
{
	enum proxy_result result = PROXY_MORE;
	size_t used = 0;

	while (result == PROXY_MORE && used < bytes.len) {
		if (p->wanted && p->len == p->wanted) {
			used += pass_over(p, bytes.len - used);
			result = p->rest == 0 ? PROXY_DONE : PROXY_MORE;
		} else {
			result = take_byte(p, (uint8_t)bytes.data[used++]);
		}
	}
	*used_out = used;
	return result;
}

struct ip proxy_source(const struct proxy *p, struct ip connection)
{
	return p->source.version ? p->source : connection;
}
