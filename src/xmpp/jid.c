/* RFC 7622 for the shape of an address, RFC 6122 (nodeprep, nameprep, resourceprep) for its preparation: that is what the servers and
 * clients in use do. Nearly all text is ASCII and prepared; libidn sees only the rest. */
#include "xmpp/jid.h"

#include <arpa/inet.h>
#include <idna.h>
#include <stdlib.h>
#include <stringprep.h>

#include "base/check.h"

/* Preparation can make text shorter, but what is longer than this is not worth a try. */
enum { RAW_PART_MAX = 3 * JID_PART_MAX };

enum { LABEL_MAX = 63 };

enum {
	LOCAL = 1,     /* stays as it is in a localpart */
	DOMAIN = 2,    /* in a label of a domainpart */
	RESOURCE = 4,  /* in a resourcepart */
	UPPER = 8,     /* to lower case in local and domain part */
	WIDE = 16,     /* for libidn */
};

static const uint8_t classes[256] = {
	[' '] = RESOURCE,
	['!'] = LOCAL | RESOURCE,
	['"'] = RESOURCE,
	['#' ... '%'] = LOCAL | RESOURCE,
	['&'] = RESOURCE,
	['\''] = RESOURCE,
	['(' ... ','] = LOCAL | RESOURCE,
	['-'] = LOCAL | DOMAIN | RESOURCE,
	['.'] = LOCAL | RESOURCE,
	['/'] = RESOURCE,
	['0' ... '9'] = LOCAL | DOMAIN | RESOURCE,
	[':'] = RESOURCE,
	[';'] = LOCAL | RESOURCE,
	['<'] = RESOURCE,
	['='] = LOCAL | RESOURCE,
	['>'] = RESOURCE,
	['?'] = LOCAL | RESOURCE,
	['@'] = RESOURCE,
	['A' ... 'Z'] = UPPER | RESOURCE,
	['[' ... '^'] = LOCAL | RESOURCE,
	['_'] = LOCAL | DOMAIN | RESOURCE,
	['`'] = LOCAL | RESOURCE,
	['a' ... 'z'] = LOCAL | DOMAIN | RESOURCE,
	['{' ... '~'] = LOCAL | RESOURCE,
	[128 ... 255] = WIDE,
};

static int class_of(char c)
{
	return classes[(uint8_t)c];
}

static bool all_are(struct str s, int class_bits)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(class_of(s.data[i]) & class_bits))
			return false;
	return true;
}

static struct str lower(struct str s, struct arena *a)
{
	char *text = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		text[i] = class_of(s.data[i]) & UPPER ? (char)(s.data[i] | 0x20) : s.data[i];
	return str_make(text, s.len);
}

/* What preparation made of raw, as a copy if it is something else. */
static struct str changed(struct str raw, struct str prepared, struct arena *a)
{
	return str_equal(raw, prepared) ? raw : arena_str(a, prepared);
}

/* Unassigned code points pass: the profiles know Unicode 3.2 only, and people want later characters in their names. */
static bool prepare(struct str raw, const Stringprep_profile *profile, struct arena *a, struct str *out)
{
	char text[RAW_PART_MAX + 1];

	if (raw.len > RAW_PART_MAX || memchr(raw.data, '\0', raw.len))
		return false;
	memcpy(text, raw.data, raw.len);
	text[raw.len] = '\0';
	if (stringprep(text, sizeof(text), 0, profile) != STRINGPREP_OK)
		return false;
	*out = changed(raw, str_from(text), a);
	return out->len > 0 && out->len <= JID_PART_MAX;
}

static bool is_part_len(struct str s)
{
	return s.len > 0 && s.len <= JID_PART_MAX;
}

bool jid_prepare_local(struct str raw, struct arena *a, struct str *out)
{
	*out = raw;
	if (all_are(raw, LOCAL))
		return is_part_len(raw);
	if (!all_are(raw, LOCAL | UPPER))
		return all_are(raw, LOCAL | UPPER | WIDE) && prepare(raw, stringprep_xmpp_nodeprep, a, out);
	*out = lower(raw, a);
	return is_part_len(raw);
}

bool jid_prepare_resource(struct str raw, struct arena *a, struct str *out)
{
	*out = raw;
	if (all_are(raw, RESOURCE))
		return is_part_len(raw);
	return all_are(raw, RESOURCE | WIDE) && prepare(raw, stringprep_xmpp_resourceprep, a, out);
}

/* Labels. */

static bool is_ace(struct str label)
{
	return str_starts_with(label, STR("xn--"));
}

static bool has_outer_hyphen(struct str s)
{
	return s.len > 0 && (s.data[0] == '-' || s.data[s.len - 1] == '-');
}

static bool is_label(struct str s)
{
	return s.len > 0 && s.len <= LABEL_MAX && !has_outer_hyphen(s);
}

static bool is_plain_label(struct str s)
{
	return is_label(s) && !is_ace(s);
}

/* Nothing to do: labels of lower-case letters, digits, hyphens and underscores (which DNS carries and container names have). */
static bool is_plain_domain(struct str s)
{
	size_t start = 0;

	if (!is_part_len(s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (class_of(s.data[i]) & DOMAIN)
			continue;
		if (s.data[i] != '.' || !is_plain_label(str_make(s.data + start, i - start)))
			return false;
		start = i + 1;
	}
	return is_plain_label(str_make(s.data + start, s.len - start));
}

/* Can the label be looked up, and is its ASCII part made of what names are made of? */
static bool is_international_label(struct str label)
{
	char text[JID_PART_MAX + 1], *ascii = NULL;
	bool is_right;

	if (label.len > JID_PART_MAX || has_outer_hyphen(label) || !all_are(label, DOMAIN | WIDE))
		return false;
	memcpy(text, label.data, label.len);
	text[label.len] = '\0';
	is_right = idna_to_ascii_8z(text, &ascii, IDNA_ALLOW_UNASSIGNED) == IDNA_SUCCESS && is_label(str_from(ascii));
	free(ascii);
	return is_right;
}

/* An A-label becomes the U-label it stands for (RFC 7622 §3.2.1), unless IDNA 2003 does not know that: then it stays. */
static struct str decode_ace(struct str label, struct arena *a)
{
	char text[LABEL_MAX + 1], *decoded = NULL;
	struct str answer = label;

	if (label.len > LABEL_MAX)
		return label;
	memcpy(text, label.data, label.len);
	text[label.len] = '\0';
	if (idna_to_unicode_8z8z(text, &decoded, IDNA_ALLOW_UNASSIGNED) == IDNA_SUCCESS && decoded[0])
		answer = arena_str(a, str_from(decoded));
	free(decoded);
	return answer;
}

static bool prepare_label(struct str raw, struct arena *a, struct str *out)
{
	*out = raw;
	if (!raw.len)
		return false;
	if (!all_are(raw, DOMAIN)) {
		if (all_are(raw, DOMAIN | UPPER))
			*out = lower(raw, a);
		else if (!prepare(raw, stringprep_nameprep, a, out))
			return false;
	}
	if (is_ace(*out))
		*out = decode_ace(*out, a);
	return all_are(*out, DOMAIN) ? is_label(*out) : is_international_label(*out);
}

/* Length of the dot at p: '.', or one of those IDNA takes for it (RFC 3490 §3.1); 0: none. */
static size_t dot_len(struct str s)
{
	static const struct str dots[] = {STR("."), STR("\xe3\x80\x82"), STR("\xef\xbc\x8e"), STR("\xef\xbd\xa1")};

	for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++)
		if (str_starts_with(s, dots[i]))
			return dots[i].len;
	return 0;
}

/* Cuts off the first label; *rest becomes what follows its dot, or STR_NONE without one. */
static struct str next_label(struct str *rest)
{
	struct str s = *rest;

	for (size_t i = 0; i < s.len; i++) {
		size_t dot = dot_len(str_make(s.data + i, s.len - i));

		if (dot) {
			*rest = str_make(s.data + i + dot, s.len - i - dot);
			return str_make(s.data, i);
		}
	}
	*rest = STR_NONE;
	return s;
}

/* One dot at the end says that the name is complete; it is not part of the address. */
static struct str without_last_dot(struct str s)
{
	for (size_t len = 1; len <= 3 && len < s.len; len += 2)
		if (dot_len(str_make(s.data + s.len - len, len)) == len)
			return str_make(s.data, s.len - len);
	return s;
}

static bool prepare_labels(struct str raw, struct arena *a, struct str *out)
{
	char text[JID_PART_MAX + 1];
	struct str rest = raw;
	size_t len = 0;

	if (raw.len > RAW_PART_MAX)
		return false;
	do {
		struct str label;

		if (!prepare_label(next_label(&rest), a, &label) || label.len >= sizeof(text) - len)
			return false;
		memcpy(text + len, label.data, label.len);
		len += label.len;
		text[len++] = '.';
	} while (rest.data);
	*out = changed(raw, str_make(text, len - 1), a);
	return true;
}

static bool prepare_ip6(struct str raw, struct arena *a, struct str *out)
{
	char text[INET6_ADDRSTRLEN + 2];
	struct in6_addr address;
	size_t len = raw.len - 2;

	if (raw.len < 4 || len >= INET6_ADDRSTRLEN || raw.data[raw.len - 1] != ']')
		return false;
	memcpy(text, raw.data + 1, len);
	text[len] = '\0';
	if (memchr(text, '\0', len) || inet_pton(AF_INET6, text, &address) != 1)
		return false;
	check(inet_ntop(AF_INET6, &address, text + 1, sizeof(text) - 2));
	text[0] = '[';
	strcat(text, "]");
	*out = changed(raw, str_from(text), a);
	return true;
}

bool jid_prepare_domain(struct str raw, struct arena *a, struct str *out)
{
	*out = raw;
	if (is_plain_domain(raw))
		return true;
	if (raw.len && raw.data[0] == '[')
		return prepare_ip6(raw, a, out);
	raw = without_last_dot(raw);
	*out = raw;
	return is_plain_domain(raw) || prepare_labels(raw, a, out);
}

/* Addresses. */

struct parts {
	struct str local, domain, resource; /* STR_NONE where there is no '@' or '/' */
};

static struct parts cut(struct str raw)
{
	struct parts parts = {.local = STR_NONE};
	struct str bare = str_split(raw, '/', &parts.resource);
	struct str after;
	struct str before = str_split(bare, '@', &after);

	if (after.data) {
		parts.local = before;
		parts.domain = after;
	} else {
		parts.domain = bare;
	}
	return parts;
}

static struct jid view_of(struct str text, struct str local, struct str domain, struct str resource)
{
	return (struct jid){
		.text = text.data,
		.local_len = (uint16_t)local.len,
		.domain_len = (uint16_t)domain.len,
		.resource_len = (uint16_t)resource.len,
	};
}

bool jid_parse(struct jid *out, struct str raw, struct arena *a)
{
	struct parts raws = cut(raw), p = raws;

	*out = JID_NONE;
	if ((raws.local.data && !jid_prepare_local(raws.local, a, &p.local))
	    || !jid_prepare_domain(raws.domain, a, &p.domain)
	    || (raws.resource.data && !jid_prepare_resource(raws.resource, a, &p.resource)))
		return false;
	if (p.local.data == raws.local.data && p.domain.data == raws.domain.data && p.domain.len == raws.domain.len
	    && p.resource.data == raws.resource.data)
		*out = view_of(raw, p.local, p.domain, p.resource);
	else
		*out = jid_make(a, p.local, p.domain, p.resource);
	return true;
}

struct jid jid_make(struct arena *a, struct str local, struct str domain, struct str resource)
{
	size_t len = (local.len ? local.len + 1 : 0) + domain.len + (resource.len ? 1 + resource.len : 0);
	char *text = arena_alloc(a, len + 1), *at = text;

	check(is_part_len(domain) && local.len <= JID_PART_MAX && resource.len <= JID_PART_MAX);
	if (local.len) {
		at = mempcpy(at, local.data, local.len);
		*at++ = '@';
	}
	at = mempcpy(at, domain.data, domain.len);
	if (resource.len) {
		*at++ = '/';
		memcpy(at, resource.data, resource.len);
	}
	return view_of(str_make(text, len), local, domain, resource);
}

struct jid jid_copy(struct arena *a, struct jid j)
{
	if (j.text)
		j.text = arena_str(a, jid_str(j)).data;
	return j;
}

struct jid jid_bare(struct jid j)
{
	j.resource_len = 0;
	return j;
}

struct str jid_local(struct jid j)
{
	return j.local_len ? str_make(j.text, j.local_len) : STR_NONE;
}

struct str jid_domain(struct jid j)
{
	return j.text ? str_make(j.text + jid_bare_len(j) - j.domain_len, j.domain_len) : STR_NONE;
}

struct str jid_resource(struct jid j)
{
	return j.resource_len ? str_make(j.text + jid_bare_len(j) + 1, j.resource_len) : STR_NONE;
}

struct str jid_bare_str(struct jid j)
{
	return j.text ? str_make(j.text, jid_bare_len(j)) : STR_NONE;
}

struct str jid_str(struct jid j)
{
	return j.text ? str_make(j.text, jid_len(j)) : STR_NONE;
}

bool jid_equal(struct jid a, struct jid b)
{
	return a.local_len == b.local_len && a.domain_len == b.domain_len && str_equal(jid_str(a), jid_str(b));
}

bool jid_bare_equal(struct jid a, struct jid b)
{
	return jid_equal(jid_bare(a), jid_bare(b));
}
