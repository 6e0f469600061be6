/* RFC 6121 §2.1.2: roster items. */
#include "ext/roster/roster_item.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "ext/roster/roster_state.h"

/* The record: format, state, flags, then texts, each behind its length in four bytes: name, request, groups to the end. */
enum { FORMAT = 1, HEAD_BYTES = 3, LENGTH_BYTES = 4 };

static void put_text(struct buf *b, struct str text)
{
	unsigned char len[LENGTH_BYTES] = {(unsigned char)text.len, (unsigned char)(text.len >> 8),
					   (unsigned char)(text.len >> 16), (unsigned char)(text.len >> 24)};

	buf_append(b, len, sizeof(len));
	buf_append_str(b, text);
}

/* False at the end, or when the rest is no text. */
static bool take_text(struct str *rest, struct str *out)
{
	const unsigned char *p = (const unsigned char *)rest->data;
	size_t len;

	if (rest->len < LENGTH_BYTES)
		return false;
	len = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
	if (len > rest->len - LENGTH_BYTES)
		return false;
	*out = str_make(rest->data + LENGTH_BYTES, len);
	*rest = str_make(rest->data + LENGTH_BYTES + len, rest->len - LENGTH_BYTES - len);
	return true;
}

static bool record_is_valid(struct str record)
{
	struct str text;
	size_t texts = 0;

	if (record.len < HEAD_BYTES || record.data[0] != FORMAT ||
	    !roster_state_is_valid((unsigned char)record.data[1]))
		return false;
	record = str_make(record.data + HEAD_BYTES, record.len - HEAD_BYTES);
	while (take_text(&record, &text))
		texts++;
	return record.len == 0 && texts >= 2 && texts <= 2 + ROSTER_ITEM_GROUPS_MAX;
}

static struct roster_item *item_of(struct jid address, struct str record)
{
	struct roster_item *item = mem_new(sizeof(*item) + jid_len(address) + record.len);

	item->local_len = address.local_len;
	item->domain_len = address.domain_len;
	item->resource_len = address.resource_len;
	item->state = (uint8_t)record.data[1];
	item->flags = (uint8_t)record.data[2];
	item->record_len = (uint32_t)record.len;
	memcpy(item->text, address.text, jid_len(address));
	memcpy(item->text + jid_len(address), record.data, record.len);
	return item;
}

struct roster_item *roster_item_new(const struct roster_fields *f)
{
	const char head[HEAD_BYTES] = {FORMAT, (char)f->state, (char)f->flags};
	struct roster_item *item;
	struct buf b;

	check(roster_state_is_valid(f->state) && f->name.len <= ROSTER_ITEM_NAME_MAX);
	check(f->group_count <= ROSTER_ITEM_GROUPS_MAX && f->request.len <= ROSTER_ITEM_REQUEST_MAX);
	buf_init(&b);
	buf_append(&b, head, sizeof(head));
	put_text(&b, f->name);
	put_text(&b, f->request);
	for (size_t i = 0; i < f->group_count; i++)
		put_text(&b, f->groups[i]);
	item = item_of(f->address, buf_str(&b));
	buf_fini(&b);
	return item;
}

struct roster_item *roster_item_from_record(struct str key, struct str record)
{
	struct roster_item *item = NULL;
	struct arena a;
	struct jid address;

	if (!record_is_valid(record))
		return NULL;
	arena_init(&a, 0);
	if (jid_parse(&address, key, &a))
		item = item_of(address, record);
	arena_fini(&a);
	return item;
}

size_t roster_item_size_of(const struct roster_fields *f)
{
	size_t texts = 2 * LENGTH_BYTES + f->name.len + f->request.len;

	for (size_t i = 0; i < f->group_count; i++)
		texts += LENGTH_BYTES + f->groups[i].len;
	return sizeof(struct roster_item) + jid_len(f->address) + HEAD_BYTES + texts;
}

struct jid roster_item_address(const struct roster_item *item)
{
	return (struct jid){item->text, item->local_len, item->domain_len, item->resource_len};
}

size_t roster_item_size(const struct roster_item *item)
{
	return sizeof(*item) + jid_len(roster_item_address(item)) + item->record_len;
}

struct str roster_item_key(const struct roster_item *item)
{
	return jid_str(roster_item_address(item));
}

struct str roster_item_record(const struct roster_item *item)
{
	return str_make(item->text + jid_len(roster_item_address(item)), item->record_len);
}

void roster_item_read(const struct roster_item *item, struct arena *a, struct roster_fields *out)
{
	struct str record = roster_item_record(item),
		   rest = str_make(record.data + HEAD_BYTES, record.len - HEAD_BYTES), counted, group;
	struct str *groups;

	*out = (struct roster_fields){.address = roster_item_address(item), .state = item->state, .flags = item->flags};
	check(take_text(&rest, &out->name) && take_text(&rest, &out->request));
	for (counted = rest; take_text(&counted, &group);)
		out->group_count++;
	groups = arena_alloc_array(a, out->group_count, sizeof(*groups));
	for (size_t i = 0; i < out->group_count; i++)
		check(take_text(&rest, &groups[i]));
	out->groups = groups;
}

bool roster_item_is_needed(const struct roster_item *item)
{
	return item->state != ROSTER_STATE_NONE || item->flags != 0;
}

/* FNV-1a with a final mix, so that sums of digests spread. */
static uint64_t digest_of(uint64_t h, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t digest_end(uint64_t h)
{
	h = (h ^ (h >> 32)) * UINT64_C(0x9fb21c651e98df25);
	h ^= h >> 29;
	return h ? h : 1;
}

uint64_t roster_item_digest(const struct roster_item *item)
{
	/* What the user sees: not whether the contact asks. */
	const char seen[] = {(char)(item->state & ~ROSTER_STATE_PENDING_IN), (char)item->flags};
	struct str record = roster_item_record(item),
		   rest = str_make(record.data + HEAD_BYTES, record.len - HEAD_BYTES), text;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	if (!roster_item_is_listed(item))
		return 0;
	h = digest_of(h, roster_item_key(item));
	h = digest_of(h, str_make(seen, sizeof(seen)));
	check(take_text(&rest, &text));
	h = digest_of(h, text);
	check(take_text(&rest, &text)); /* the request */
	while (take_text(&rest, &text))
		h = digest_of(h, text);
	return digest_end(h);
}

void roster_item_write(const struct roster_item *item, struct writer *w, struct arena *a)
{
	struct roster_fields f;

	roster_item_read(item, a, &f);
	writer_open(w, "item", NULL);
	writer_attribute_jid(w, "jid", f.address);
	if (f.name.len > 0)
		writer_attribute(w, "name", f.name);
	writer_attribute_text(w, "subscription", roster_state_subscription(f.state));
	if (f.state & ROSTER_STATE_PENDING_OUT)
		writer_attribute_text(w, "ask", "subscribe");
	if (f.flags & ROSTER_ITEM_APPROVED)
		writer_attribute_text(w, "approved", "true");
	for (size_t i = 0; i < f.group_count; i++)
		writer_leaf(w, "group", NULL, f.groups[i]);
	writer_close(w);
}
