#include "stream/authenticate.h"

#include "auth/digest.h"
#include "base/buf.h"
#include "base/codec.h"
#include "xmpp/ns.h"

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* RFC 9562 §4: 8-4-4-4-12 digits, of version 4 and the variant of that RFC; in lower case. */
static bool is_uuid_4(struct str id)
{
	if (id.len != AUTHENTICATE_CLIENT_CHARS)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? id.data[i] != '-' : !is_hex(id.data[i]))
			return false;
	}
	return id.data[14] == '4' && (id.data[19] == '8' || id.data[19] == '9' || id.data[19] == 'a' || id.data[19] == 'b');
}

static bool parse_client(struct str id, struct arena *a, struct str *out)
{
	char *lower;

	if (!id.data)
		return true;
	if (id.len != AUTHENTICATE_CLIENT_CHARS)
		return false;
	*out = arena_str(a, id);
	lower = (char *)(uintptr_t)out->data;
	for (size_t i = 0; i < id.len; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] - 'A' + 'a');
	return is_uuid_4(*out);
}

/* What is read on the way to what is kept. */
struct places {
	struct arena *kept, scratch;
};

static bool parse_user_agent(const struct stanza *e, struct places *p, struct authenticate *out)
{
	const struct node *agent = node_find_child(e, node_root(e), "user-agent", NS_SASL2);
	const struct node *software = agent ? node_find_child(e, agent, "software", NS_SASL2) : NULL;
	struct str name = software ? node_text(e, software, &p->scratch) : STR_NONE;

	if (name.len > AUTHENTICATE_NAME_MAX)
		name.len = AUTHENTICATE_NAME_MAX;
	if (software)
		out->software = arena_str(p->kept, name);
	return !agent || parse_client(node_attribute(e, agent, "id", &p->scratch), p->kept, &out->client);
}

static bool parse_bind(const struct stanza *e, struct places *p, struct authenticate *out)
{
	const struct node *tag;
	struct str raw;

	out->bind = node_find_child(e, node_root(e), "bind", NS_BIND2);
	tag = out->bind ? node_find_child(e, out->bind, "tag", NS_BIND2) : NULL;
	raw = tag ? node_text(e, tag, &p->scratch) : STR_NONE;
	if (raw.len == 0)
		return true;
	if (!jid_prepare_resource(raw, &p->scratch, &out->tag) || out->tag.len + 1 + AUTHENTICATE_MARK_CHARS > JID_PART_MAX)
		return false;
	out->tag = arena_str(p->kept, out->tag);
	return true;
}

static bool parse_bool(struct str raw, bool *out)
{
	*out = str_is(raw, "true") || str_is(raw, "1");
	return !raw.data || *out || str_is(raw, "false") || str_is(raw, "0");
}

static bool parse_fast(const struct stanza *e, struct authenticate *out)
{
	const struct node *request = node_find_child(e, node_root(e), "request-token", NS_FAST);
	struct str count;

	out->count = -1;
	if (request)
		out->token_mechanism = node_attribute_raw(e, request, "mechanism");
	out->fast = node_find_child(e, node_root(e), "fast", NS_FAST);
	if (!out->fast)
		return true;
	count = node_attribute_raw(e, out->fast, "count");
	return (!count.data || str_to_int(count, 0, INT64_MAX, &out->count)) &&
	       parse_bool(node_attribute_raw(e, out->fast, "invalidate"), &out->invalidates);
}

bool authenticate_parse(const struct stanza *e, struct arena *a, struct authenticate *out)
{
	struct places p = {.kept = a};
	bool is_good;

	*out = (struct authenticate){0};
	out->mechanism = node_attribute_raw(e, node_root(e), "mechanism");
	out->initial_response = node_find_child(e, node_root(e), "initial-response", NS_SASL2);
	out->resume = node_find_child(e, node_root(e), "resume", NS_SM);
	arena_init(&p.scratch, 0);
	is_good = parse_user_agent(e, &p, out) && parse_bind(e, &p, out) && parse_fast(e, out);
	arena_fini(&p.scratch);
	return is_good;
}

struct str authenticate_mark(const struct authenticate *what, struct jid who, struct arena *a)
{
	char *mark = arena_alloc(a, AUTHENTICATE_MARK_CHARS + 1);
	uint8_t hash[DIGEST_BYTES_MAX];
	struct buf about;

	if (!what->client.data) {
		codec_random_text(mark, AUTHENTICATE_MARK_CHARS);
		return str_make(mark, AUTHENTICATE_MARK_CHARS);
	}
	/* With the account, so that nobody can tell that a user agent has several. */
	buf_init(&about);
	buf_append_str(&about, jid_bare_str(who));
	buf_append_char(&about, '\0');
	buf_append_str(&about, what->client);
	digest_make(CONFIG_HASH_SHA256, buf_str(&about), hash);
	buf_fini(&about);
	codec_hex(mark, hash, AUTHENTICATE_MARK_CHARS / 2);
	return str_make(mark, AUTHENTICATE_MARK_CHARS);
}

struct str authenticate_resource(const struct authenticate *what, struct str mark, struct arena *a)
{
	if (what->tag.len == 0)
		return mark;
	return str_from(arena_printf(a, "%.*s/%.*s", STR_ARGS(what->tag), STR_ARGS(mark)));
}
