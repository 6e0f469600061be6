#include "ext/disco/entity_info.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "base/codec.h"
#include "xmpp/ns.h"

static const char form_type[] = "http://jabber.org/network/serverinfo";

static void write_field(struct writer *w, struct str name, const char *type, const struct str *values, size_t count)
{
	writer_open(w, "field", NULL);
	writer_attribute(w, "var", name);
	if (type)
		writer_attribute_text(w, "type", type);
	for (size_t i = 0; i < count; i++)
		writer_leaf(w, "value", NULL, values[i]);
	writer_close(w);
}

void entity_info_write(struct writer *w, const struct host *h, struct option_list contacts)
{
	const char *const *features;
	size_t count = host_features(h, false, &features);
	writer_open(w, "identity", NULL);
	writer_attribute_text(w, "category", "server");
	writer_attribute_text(w, "type", "im");
	writer_attribute_text(w, "name", "meerkat");
	writer_close(w);
	for (size_t i = 0; i < count; i++) {
		writer_open(w, "feature", NULL);
		writer_attribute_text(w, "var", features[i]);
		writer_close(w);
	}
	if (!contacts.count)
		return;
	writer_open(w, "x", NS_DATA_FORM);
	writer_attribute_text(w, "type", "result");
	write_field(w, STR("FORM_TYPE"), "hidden", &(struct str){form_type, sizeof(form_type) - 1}, 1);
	const struct entity_info_contact *c = contacts.items;
	for (size_t i = 0; i < contacts.count; i++)
		write_field(w, c[i].name, "list-multi", c[i].urls.items, c[i].urls.count);
	writer_close(w);
}

/* ---- the verification string: everything sorted by bytes ---- */

static int compare_contacts(const void *a, const void *b)
{
	return str_compare(((const struct entity_info_contact *)a)->name, ((const struct entity_info_contact *)b)->name);
}

static int compare_strs(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static const void *sorted(struct arena *a, struct option_list list, size_t size, int (*compare)(const void *, const void *))
{
	void *copy = arena_alloc_array(a, list.count, size);
	if (list.count) {
		memcpy(copy, list.items, list.count * size);
		qsort(copy, list.count, size, compare);
	}
	return copy;
}

static void append_form(struct buf *out, struct arena *a, struct option_list contacts)
{
	const struct entity_info_contact *c = sorted(a, contacts, sizeof(*c), compare_contacts);
	buf_printf(out, "%s<", form_type);
	for (size_t i = 0; i < contacts.count; i++) {
		const struct str *urls = sorted(a, c[i].urls, sizeof(*urls), compare_strs);
		buf_printf(out, "%.*s<", STR_ARGS(c[i].name));
		for (size_t k = 0; k < c[i].urls.count; k++)
			buf_printf(out, "%.*s<", STR_ARGS(urls[k]));
	}
}

struct str entity_info_version(struct arena *a, const struct host *h, struct option_list contacts)
{
	struct buf text;
	unsigned char digest[SHA_DIGEST_LENGTH];
	const char *const *features;
	size_t count = host_features(h, false, &features);
	buf_init(&text);
	buf_append_text(&text, "server/im//meerkat<");
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s<", features[i]);
	if (contacts.count)
		append_form(&text, a, contacts);
	SHA1((const unsigned char *)text.data, text.len, digest);
	buf_fini(&text);
	return codec_base64(a, digest, sizeof(digest));
}
