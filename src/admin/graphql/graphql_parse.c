/* Recursive where the grammar is, to GRAPHQL_DEPTH_MAX. A function for each rule of §2: the present token is the first one of what it reads,
 * and afterwards the first one behind it. A failure sets has_failed, and everything returns. */
#include "admin/graphql/graphql_parse.h"

#include <stdarg.h>
#include <stdio.h>

#include "admin/graphql/graphql_token.h"
#include "base/codec.h"

struct parsing {
	struct graphql_reader reader;
	struct arena *arena;
	bool has_failed;
	int depth, tokens;
};

__attribute__((format(printf, 2, 3))) static void fail(struct parsing *p, const char *format, ...)
{
	va_list args;

	if (p->has_failed)
		return;
	p->has_failed = true;
	p->reader.failed_at = p->reader.token.place;
	va_start(args, format);
	vsnprintf(p->reader.why->text, sizeof p->reader.why->text, format, args);
	va_end(args);
}

/* ---- tokens ---- */

static void next(struct parsing *p)
{
	if (p->has_failed)
		return;
	if (++p->tokens > GRAPHQL_TOKENS_MAX)
		fail(p, "the document has more than %d words", GRAPHQL_TOKENS_MAX);
	else if (!graphql_token_next(&p->reader))
		p->has_failed = true;
}

static enum graphql_token_kind kind_of(const struct parsing *p)
{
	return p->has_failed ? GRAPHQL_TOKEN_END : p->reader.token.kind;
}

static bool is_punctuator(const struct parsing *p, char c)
{
	return kind_of(p) == GRAPHQL_TOKEN_PUNCTUATOR && p->reader.token.text.data[0] == c;
}

static bool is_word(const struct parsing *p, const char *word)
{
	return kind_of(p) == GRAPHQL_TOKEN_NAME && str_is(p->reader.token.text, word);
}

static void expected(struct parsing *p, const char *what)
{
	if (kind_of(p) == GRAPHQL_TOKEN_END)
		fail(p, "expected %s, found the end of the document", what);
	else
		fail(p, "expected %s, found \"%.*s\"", what, p->reader.token.text.len > 80 ? 80 : STR_ARGS(p->reader.token.text));
}

static bool take(struct parsing *p, char c)
{
	if (!is_punctuator(p, c))
		return false;
	next(p);
	return true;
}

static void need(struct parsing *p, char c)
{
	char text[] = {'"', c, '"', 0};

	if (!take(p, c))
		expected(p, text);
}

static struct str read_name(struct parsing *p)
{
	struct str name = p->reader.token.text;

	if (kind_of(p) != GRAPHQL_TOKEN_NAME) {
		expected(p, "a name");
		return STR("");
	}
	next(p);
	return name;
}

static bool enter(struct parsing *p)
{
	if (++p->depth > GRAPHQL_DEPTH_MAX)
		fail(p, "the document is nested deeper than %d", GRAPHQL_DEPTH_MAX);
	return !p->has_failed;
}

static void leave(struct parsing *p)
{
	p->depth--;
}

#define NEW(p, type) ((struct type *)arena_alloc((p)->arena, sizeof(struct type)))

/* ---- values ---- */

static struct graphql_value *read_value(struct parsing *p, bool is_constant);

/* name: value ... until the closing character; a list without one must not be empty. */
static const struct graphql_value *read_named_values(struct parsing *p, char end, bool is_constant)
{
	const struct graphql_value *first = NULL, **link = &first;

	while (!p->has_failed && !take(p, end)) {
		struct graphql_place place = p->reader.token.place;
		struct str name = read_name(p);

		need(p, ':');
		struct graphql_value *v = read_value(p, is_constant);

		v->name = name;
		v->place = place;
		*link = v;
		link = &v->next;
	}
	return first;
}

static const struct graphql_value *read_list(struct parsing *p, bool is_constant)
{
	const struct graphql_value *first = NULL, **link = &first;

	while (!p->has_failed && !take(p, ']')) {
		struct graphql_value *v = read_value(p, is_constant);

		*link = v;
		link = &v->next;
	}
	return first;
}

static void read_variable(struct parsing *p, struct graphql_value *v, bool is_constant)
{
	if (is_constant)
		fail(p, "a variable cannot stand in a constant");
	next(p);
	v->kind = GRAPHQL_VARIABLE;
	v->text = read_name(p);
}

static void read_scalar(struct parsing *p, struct graphql_value *v)
{
	v->text = p->reader.token.text;
	switch (kind_of(p)) {
	case GRAPHQL_TOKEN_INT:
		v->kind = GRAPHQL_INT;
		break;
	case GRAPHQL_TOKEN_FLOAT:
		v->kind = GRAPHQL_FLOAT;
		break;
	case GRAPHQL_TOKEN_STRING:
		v->kind = GRAPHQL_STRING;
		break;
	case GRAPHQL_TOKEN_NAME:
		v->kind = is_word(p, "null") ? GRAPHQL_NULL : is_word(p, "true") || is_word(p, "false") ? GRAPHQL_BOOLEAN : GRAPHQL_ENUM;
		break;
	default:
		expected(p, "a value");
	}
	next(p);
}

static struct graphql_value *read_value(struct parsing *p, bool is_constant)
{
	struct graphql_value *v = NEW(p, graphql_value);

	v->place = p->reader.token.place;
	if (!enter(p))
		return v;
	if (is_punctuator(p, '$')) {
		read_variable(p, v, is_constant);
	} else if (take(p, '[')) {
		v->kind = GRAPHQL_LIST;
		v->items = read_list(p, is_constant);
	} else if (take(p, '{')) {
		v->kind = GRAPHQL_OBJECT;
		v->items = read_named_values(p, '}', is_constant);
	} else {
		read_scalar(p, v);
	}
	leave(p);
	return v;
}

static const struct graphql_value *read_arguments(struct parsing *p, bool is_constant)
{
	if (!take(p, '('))
		return NULL;
	if (is_punctuator(p, ')'))
		expected(p, "an argument");
	return read_named_values(p, ')', is_constant);
}

/* ---- directives, types, variables ---- */

static const struct graphql_directive *read_directives(struct parsing *p, bool is_constant)
{
	const struct graphql_directive *first = NULL, **link = &first;

	while (is_punctuator(p, '@')) {
		struct graphql_directive *d = NEW(p, graphql_directive);

		d->place = p->reader.token.place;
		next(p);
		d->name = read_name(p);
		d->arguments = read_arguments(p, is_constant);
		*link = d;
		link = &d->next;
	}
	return first;
}

static const struct graphql_type_name *read_type(struct parsing *p)
{
	struct graphql_type_name *t = NEW(p, graphql_type_name);

	if (!enter(p))
		return t;
	if (take(p, '[')) {
		t->of = read_type(p);
		need(p, ']');
	} else {
		t->name = read_name(p);
	}
	t->is_required = take(p, '!');
	leave(p);
	return t;
}

static const struct graphql_variable *read_variables(struct parsing *p)
{
	const struct graphql_variable *first = NULL, **link = &first;

	if (!take(p, '('))
		return NULL;
	do {
		struct graphql_variable *v = NEW(p, graphql_variable);

		v->place = p->reader.token.place;
		need(p, '$');
		v->name = read_name(p);
		need(p, ':');
		v->type = read_type(p);
		if (take(p, '='))
			v->preset = read_value(p, true);
		v->directives = read_directives(p, true);
		*link = v;
		link = &v->next;
	} while (!p->has_failed && !take(p, ')'));
	return first;
}

/* ---- selections ---- */

static const struct graphql_selection *read_selections(struct parsing *p);

static void read_field(struct parsing *p, struct graphql_selection *s)
{
	s->kind = GRAPHQL_FIELD;
	s->key = s->name = read_name(p);
	if (take(p, ':'))
		s->name = read_name(p);
	s->arguments = read_arguments(p, false);
	s->directives = read_directives(p, false);
	if (is_punctuator(p, '{'))
		s->selections = read_selections(p);
}

/* Behind the dots. */
static void read_fragment_use(struct parsing *p, struct graphql_selection *s)
{
	if (kind_of(p) == GRAPHQL_TOKEN_NAME && !is_word(p, "on")) {
		s->kind = GRAPHQL_SPREAD;
		s->name = read_name(p);
		s->directives = read_directives(p, false);
		return;
	}
	s->kind = GRAPHQL_INLINE;
	if (is_word(p, "on")) {
		next(p);
		s->condition = read_name(p);
	}
	s->directives = read_directives(p, false);
	s->selections = read_selections(p);
}

static struct graphql_selection *read_selection(struct parsing *p)
{
	struct graphql_selection *s = NEW(p, graphql_selection);

	s->place = p->reader.token.place;
	if (kind_of(p) == GRAPHQL_TOKEN_SPREAD) {
		next(p);
		read_fragment_use(p, s);
	} else {
		read_field(p, s);
	}
	return s;
}

static const struct graphql_selection *read_selections(struct parsing *p)
{
	const struct graphql_selection *first = NULL, **link = &first;

	need(p, '{');
	if (!enter(p))
		return NULL;
	do {
		struct graphql_selection *s = read_selection(p);

		*link = s;
		link = &s->next;
	} while (!p->has_failed && !take(p, '}'));
	leave(p);
	return first;
}

/* ---- definitions ---- */

static struct graphql_operation *read_operation(struct parsing *p)
{
	static const char *const words[] = {"query", "mutation", "subscription"};
	struct graphql_operation *o = NEW(p, graphql_operation);

	o->place = p->reader.token.place;
	if (!is_punctuator(p, '{')) {
		while (!is_word(p, words[o->kind]))
			o->kind++;
		next(p);
		if (kind_of(p) == GRAPHQL_TOKEN_NAME)
			o->name = read_name(p);
		o->variables = read_variables(p);
		o->directives = read_directives(p, false);
	}
	o->selections = read_selections(p);
	return o;
}

static struct graphql_fragment *read_fragment(struct parsing *p)
{
	struct graphql_fragment *f = NEW(p, graphql_fragment);

	f->place = p->reader.token.place;
	next(p);
	if (is_word(p, "on"))
		expected(p, "the name of the fragment");
	f->name = read_name(p);
	if (!is_word(p, "on"))
		expected(p, "\"on\"");
	next(p);
	f->condition = read_name(p);
	f->directives = read_directives(p, false);
	f->selections = read_selections(p);
	return f;
}

static bool defines_types(const struct parsing *p)
{
	static const char *const words[] = {
		"schema", "scalar", "type", "interface", "union", "enum", "input", "directive", "extend",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (is_word(p, words[i]))
			return true;
	return kind_of(p) == GRAPHQL_TOKEN_STRING;
}

static void read_definitions(struct parsing *p, struct graphql_document *d)
{
	const struct graphql_operation **operation = &d->operations;
	const struct graphql_fragment **fragment = &d->fragments;

	do {
		if (is_punctuator(p, '{') || is_word(p, "query") || is_word(p, "mutation") || is_word(p, "subscription")) {
			struct graphql_operation *o = read_operation(p);

			*operation = o;
			operation = &o->next;
		} else if (is_word(p, "fragment")) {
			struct graphql_fragment *f = read_fragment(p);

			f->number = d->fragment_count++;
			if (d->fragment_count > GRAPHQL_FRAGMENTS_MAX)
				fail(p, "the document has more than %d fragments", GRAPHQL_FRAGMENTS_MAX);
			*fragment = f;
			fragment = &f->next;
		} else if (defines_types(p)) {
			fail(p, "definitions of types are not executed here");
		} else {
			expected(p, "query, mutation, subscription, fragment or \"{\"");
		}
	} while (!p->has_failed && kind_of(p) != GRAPHQL_TOKEN_END);
}

const struct graphql_document *graphql_parse(struct str text, struct arena *a, struct graphql_place *failed_at, struct why *why)
{
	struct parsing p = {.arena = a};
	struct graphql_document *d = NEW(&p, graphql_document);

	*failed_at = (struct graphql_place){1, 1};
	if (!codec_utf8_is_valid(text)) {
		err_because(ERR_INVALID, why, "the document is not UTF-8");
		return NULL;
	}
	graphql_token_init(&p.reader, text, a, why);
	next(&p);
	read_definitions(&p, d);
	if (!p.has_failed)
		return d;
	*failed_at = p.reader.failed_at;
	return NULL;
}

const struct graphql_fragment *graphql_document_fragment(const struct graphql_document *d, struct str name)
{
	const struct graphql_fragment *f = d->fragments;

	while (f && !str_equal(f->name, name))
		f = f->next;
	return f;
}
