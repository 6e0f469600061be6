/* XEP-0054 §5 */
#include "ext/vcard/vcard_json.h"

#include <string.h>

#include "xmpp/ns.h"

enum part_kind {
	PART_TEXT,
	PART_TEXTS, /* a list: the element comes several times */
	PART_TAGS,  /* empty elements, each of which says something: <HOME/> */
	PART_VCARD,
};

struct part {
	const char *field, *element; /* field NULL ends the list; TAGS: no element */
	enum part_kind kind;
	const char *values; /* of TAGS: "home|work" */
};

/* One of several types, chosen by an element. */
struct variant {
	const char *element, *type; /* element NULL: any other, the last one */
};

struct field {
	const char *name, *element;
	bool is_single;
	const struct part *parts;       /* NULL: the element's text */
	const struct variant *variants; /* NULL: there is one type */
};

#define ADDRESS_TAGS "home|work|postal|parcel|dom|pref|intl"
#define TELEPHONE_TAGS "home|work|voice|fax|pager|msg|cell|video|bbs|modem|isdn|pcs|pref"
#define EMAIL_TAGS "home|work|internet|pref|x400"
#define PRIVACY_TAGS "public|private|confidential"

#define TEXT(field, element) {field, element, PART_TEXT, NULL}

static const struct part name_parts[] = {
	TEXT("family", "FAMILY"), TEXT("givenName", "GIVEN"), TEXT("middleName", "MIDDLE"), TEXT("prefix", "PREFIX"), TEXT("suffix", "SUFFIX"), {0},
};
static const struct part address_parts[] = {
	{"tags", NULL, PART_TAGS, ADDRESS_TAGS}, TEXT("pobox", "POBOX"), TEXT("extadd", "EXTADD"), TEXT("street", "STREET"),
	TEXT("locality", "LOCALITY"), TEXT("region", "REGION"), TEXT("pcode", "PCODE"), TEXT("country", "CTRY"), {0},
};
static const struct part label_parts[] = {{"tags", NULL, PART_TAGS, ADDRESS_TAGS}, {"line", "LINE", PART_TEXTS, NULL}, {0}};
static const struct part telephone_parts[] = {{"tags", NULL, PART_TAGS, TELEPHONE_TAGS}, TEXT("number", "NUMBER"), {0}};
static const struct part email_parts[] = {{"tags", NULL, PART_TAGS, EMAIL_TAGS}, TEXT("userId", "USERID"), {0}};
static const struct part image_parts[] = {TEXT("type", "TYPE"), TEXT("binValue", "BINVAL"), TEXT("extValue", "EXTVAL"), {0}};
static const struct part sound_parts[] = {TEXT("phonetic", "PHONETIC"), TEXT("binValue", "BINVAL"), TEXT("extValue", "EXTVAL"), {0}};
static const struct part agent_parts[] = {{"vcard", "vCard", PART_VCARD, NULL}, TEXT("extValue", "EXTVAL"), {0}};
static const struct part geo_parts[] = {TEXT("lat", "LAT"), TEXT("lon", "LON"), {0}};
static const struct part org_parts[] = {TEXT("orgname", "ORGNAME"), {"orgunit", "ORGUNIT", PART_TEXTS, NULL}, {0}};
static const struct part keyword_parts[] = {{"keyword", "KEYWORD", PART_TEXTS, NULL}, {0}};
static const struct part privacy_parts[] = {{"tags", NULL, PART_TAGS, PRIVACY_TAGS}, {0}};
static const struct part key_parts[] = {TEXT("type", "TYPE"), TEXT("credential", "CRED"), {0}};

static const struct variant images[] = {{"EXTVAL", "External"}, {NULL, "ImageData"}};
static const struct variant sounds[] = {{"EXTVAL", "External"}, {"PHONETIC", "Phonetic"}, {NULL, "BinValue"}};
static const struct variant agents[] = {{"EXTVAL", "External"}, {NULL, "AgentVcard"}};

static const struct field fields[] = {
	{"formattedName", "FN", true, NULL, NULL},
	{"nameComponents", "N", true, name_parts, NULL},
	{"nickname", "NICKNAME", false, NULL, NULL},
	{"photo", "PHOTO", false, image_parts, images},
	{"birthday", "BDAY", false, NULL, NULL},
	{"address", "ADR", false, address_parts, NULL},
	{"label", "LABEL", false, label_parts, NULL},
	{"telephone", "TEL", false, telephone_parts, NULL},
	{"email", "EMAIL", false, email_parts, NULL},
	{"jabberId", "JABBERID", false, NULL, NULL},
	{"mailer", "MAILER", false, NULL, NULL},
	{"timeZone", "TZ", false, NULL, NULL},
	{"geo", "GEO", false, geo_parts, NULL},
	{"title", "TITLE", false, NULL, NULL},
	{"role", "ROLE", false, NULL, NULL},
	{"logo", "LOGO", false, image_parts, images},
	{"agent", "AGENT", false, agent_parts, agents},
	{"org", "ORG", false, org_parts, NULL},
	{"categories", "CATEGORIES", false, keyword_parts, NULL},
	{"note", "NOTE", false, NULL, NULL},
	{"prodId", "PRODID", false, NULL, NULL},
	{"rev", "REV", false, NULL, NULL},
	{"sortString", "SORT-STRING", false, NULL, NULL},
	{"sound", "SOUND", false, sound_parts, sounds},
	{"uid", "UID", false, NULL, NULL},
	{"url", "URL", false, NULL, NULL},
	{"desc", "DESC", false, NULL, NULL},
	{"class", "CLASS", false, privacy_parts, NULL},
	{"key", "KEY", false, key_parts, NULL},
};

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/* ---- reading ---- */

static json_t *read_vcard(const struct stanza *s, const struct node *vcard, int level);

static json_t *text_of(const struct stanza *s, const struct node *n)
{
	struct arena a;
	struct str text;
	json_t *out;

	arena_init(&a, 0);
	text = str_trim(node_text(s, n, &a));
	out = json_stringn(text.len ? text.data : "", text.len);
	arena_fini(&a);
	return out;
}

static json_t *texts_of(const struct stanza *s, const struct node *parent, const char *element)
{
	json_t *list = json_array();

	for (const struct node *n = node_first_child(s, parent); n; n = node_next_sibling(s, n))
		if (node_is(s, n, element, NULL))
			json_array_append_new(list, text_of(s, n));
	return list;
}

static json_t *tags_of(const struct stanza *s, const struct node *parent, const char *values)
{
	json_t *list = json_array();

	for (const struct node *n = node_first_child(s, parent); n; n = node_next_sibling(s, n)) {
		struct str rest = str_from(values);

		while (rest.data) {
			struct str one = str_split(rest, '|', &rest);

			if (str_equal_ignoring_case(one, node_name(s, n)))
				json_array_append_new(list, json_stringn(one.data, one.len));
		}
	}
	return list;
}

/* NULL: it is not there. */
static json_t *read_part(const struct stanza *s, const struct node *n, const struct part *p, int level)
{
	const struct node *child;

	if (p->kind == PART_TAGS)
		return tags_of(s, n, p->values);
	if (p->kind == PART_TEXTS)
		return texts_of(s, n, p->element);
	child = node_find_child(s, n, p->element, NULL);
	if (!child)
		return NULL;
	return p->kind == PART_VCARD ? read_vcard(s, child, level + 1) : text_of(s, child);
}

static const char *type_of(const struct stanza *s, const struct node *n, const struct variant *v)
{
	while (v->element && !node_find_child(s, n, v->element, NULL))
		v++;
	return v->type;
}

static json_t *read_one(const struct stanza *s, const struct node *n, const struct field *f, int level)
{
	json_t *object;

	if (!f->parts)
		return text_of(s, n);
	object = json_object();
	if (f->variants)
		json_object_set_new(object, "__typename", json_string(type_of(s, n, f->variants)));
	for (const struct part *p = f->parts; p->field; p++) {
		json_t *value = read_part(s, n, p, level);

		if (value)
			json_object_set_new(object, p->field, value);
	}
	return object;
}

static void add(json_t *object, const struct field *f, json_t *value)
{
	json_t *list = json_object_get(object, f->name);

	if (f->is_single) {
		json_object_set_new(object, f->name, value);
		return;
	}
	if (!list) {
		json_object_set_new(object, f->name, json_array());
		list = json_object_get(object, f->name);
	}
	json_array_append_new(list, value);
}

/* NULL: too deep. */
static json_t *read_vcard(const struct stanza *s, const struct node *vcard, int level)
{
	json_t *object;

	if (level >= VCARD_JSON_LEVELS)
		return NULL;
	object = json_object();
	for (const struct node *n = node_first_child(s, vcard); n; n = node_next_sibling(s, n))
		for (size_t i = 0; i < FIELD_COUNT; i++)
			if (node_is(s, n, fields[i].element, NULL))
				add(object, &fields[i], read_one(s, n, &fields[i], level));
	return object;
}

json_t *vcard_json_read(const struct stanza *s, const struct node *vcard)
{
	return read_vcard(s, vcard, 0);
}

/* ---- writing ---- */

static bool write_vcard(const json_t *vcard, struct writer *w, int level);

static struct str str_of(const json_t *v)
{
	return str_make(json_string_value(v), json_string_length(v));
}

/* A literal for the writer: tags are those of the tables, in capitals. */
static void write_tag(struct writer *w, struct str tag)
{
	static const char *const names[] = {
		"HOME", "WORK", "POSTAL", "PARCEL", "DOM", "PREF", "INTL", "VOICE", "FAX", "PAGER", "MSG", "CELL", "VIDEO",
		"BBS", "MODEM", "ISDN", "PCS", "INTERNET", "X400", "PUBLIC", "PRIVATE", "CONFIDENTIAL",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_equal_ignoring_case(str_from(names[i]), tag))
			writer_empty(w, names[i], NULL);
}

static bool write_part(const struct part *p, const json_t *value, struct writer *w, int level)
{
	bool is_good = true;

	switch (p->kind) {
	case PART_TEXT:
		writer_leaf(w, p->element, NULL, str_of(value));
		break;
	case PART_TEXTS:
		for (size_t i = 0; i < json_array_size(value); i++)
			writer_leaf(w, p->element, NULL, str_of(json_array_get(value, i)));
		break;
	case PART_TAGS:
		for (size_t i = 0; i < json_array_size(value); i++)
			write_tag(w, str_of(json_array_get(value, i)));
		break;
	case PART_VCARD:
		is_good = write_vcard(value, w, level + 1);
	}
	return is_good;
}

static bool write_one(const struct field *f, const json_t *value, struct writer *w, int level)
{
	bool is_good = true;

	if (!f->parts) {
		writer_leaf(w, f->element, NULL, str_of(value));
		return true;
	}
	writer_open(w, f->element, NULL);
	for (const struct part *p = f->parts; p->field && is_good; p++) {
		const json_t *part = json_object_get(value, p->field);

		if (part && !json_is_null(part))
			is_good = write_part(p, part, w, level);
	}
	writer_close(w);
	return is_good;
}

static bool write_field(const struct field *f, const json_t *value, struct writer *w, int level)
{
	bool is_good = true;

	if (!value || json_is_null(value))
		return true;
	if (f->is_single)
		return write_one(f, value, w, level);
	for (size_t i = 0; i < json_array_size(value) && is_good; i++)
		is_good = write_one(f, json_array_get(value, i), w, level);
	return is_good;
}

static bool write_vcard(const json_t *vcard, struct writer *w, int level)
{
	bool is_good = level < VCARD_JSON_LEVELS;

	writer_open(w, "vCard", level == 0 ? NS_VCARD : NULL);
	for (size_t i = 0; i < FIELD_COUNT && is_good; i++)
		is_good = write_field(&fields[i], json_object_get(vcard, fields[i].name), w, level);
	writer_close(w);
	return is_good;
}

bool vcard_json_write(const json_t *vcard, struct writer *w)
{
	return write_vcard(vcard, w, 0);
}
