#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct ip make_v4(const void *bytes, uint16_t port)
{
	struct ip a = {.version = 4, .port = port};

	memcpy(a.bytes, bytes, 4);
	return a;
}

/* IPv4-mapped addresses (RFC 4291 §2.5.5.2) mean the IPv4 address, so that one peer has one form. */
static struct ip make_v6(const void *bytes, uint16_t port)
{
	struct ip a = {.version = 6, .port = port};

	if (memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0)
		return make_v4((const uint8_t *)bytes + sizeof(mapped_prefix), port);
	memcpy(a.bytes, bytes, 16);
	return a;
}

struct ip ip_from_sockaddr(const struct sockaddr *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (a->sa_family) {
	case AF_INET:
		memcpy(&v4, a, sizeof(v4));
		return make_v4(&v4.sin_addr, ntohs(v4.sin_port));
	case AF_INET6:
		memcpy(&v6, a, sizeof(v6));
		return make_v6(&v6.sin6_addr, ntohs(v6.sin6_port));
	default:
		return (struct ip){0};
	}
}

socklen_t ip_to_sockaddr(struct ip a, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a.port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a.port)};

	check(a.version == 4 || a.version == 6);
	memset(out, 0, sizeof(*out));
	if (a.version == 4) {
		memcpy(&v4.sin_addr, a.bytes, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, a.bytes, 16);
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

bool ip_parse(struct str text, struct ip *out)
{
	char copy[IP_TEXT_MAX];
	uint8_t bytes[16];
	struct in_addr v4;

	if (text.len == 0 || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET6, copy, bytes) == 1) {
		*out = make_v6(bytes, 0);
		return true;
	}
	/* inet_aton knows the short forms, but also stops at white space and takes hexadecimal: only digits and dots get there. */
	if (strspn(copy, "0123456789.") != text.len || inet_aton(copy, &v4) == 0)
		return false;
	*out = make_v4(&v4, 0);
	return true;
}

const char *ip_format(struct ip a, bool with_port, char *out)
{
	char text[INET6_ADDRSTRLEN];

	if (a.version == 0) {
		snprintf(out, IP_TEXT_MAX, "local");
		return out;
	}
	inet_ntop(a.version == 4 ? AF_INET : AF_INET6, a.bytes, text, sizeof(text));
	if (!with_port)
		snprintf(out, IP_TEXT_MAX, "%s", text);
	else
		snprintf(out, IP_TEXT_MAX, a.version == 4 ? "%s:%u" : "[%s]:%u", text, (unsigned)a.port);
	return out;
}

bool ip_is_loopback(struct ip a)
{
	static const uint8_t v6_loopback[16] = {[15] = 1};

	if (a.version == 4)
		return a.bytes[0] == 127;
	return a.version == 6 && memcmp(a.bytes, v6_loopback, sizeof(v6_loopback)) == 0;
}

bool ip_equal(struct ip a, struct ip b)
{
	return a.version == b.version && memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

bool ip_range_parse(struct str text, struct ip_range *out)
{
	struct str rest, address = str_split(text, '/', &rest);
	int64_t prefix;

	if (!ip_parse(address, &out->base))
		return false;
	prefix = out->base.version == 4 ? 32 : 128;
	if (rest.data && !str_to_int(rest, 0, prefix, &prefix))
		return false;
	out->prefix = (uint8_t)prefix;
	return true;
}

bool ip_range_contains(const struct ip_range *r, struct ip a)
{
	size_t whole = r->prefix / 8, bits = r->prefix % 8;

	if (a.version != r->base.version || memcmp(a.bytes, r->base.bytes, whole) != 0)
		return false;
	return bits == 0 || (a.bytes[whole] ^ r->base.bytes[whole]) >> (8 - bits) == 0;
}
