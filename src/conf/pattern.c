#include "conf/pattern.h"

#include "base/buf.h"

enum { MAX_REPEATS = 1000, MAX_GROUPS = 32 };

static size_t character_len(struct str text, size_t at)
{
	size_t len = 1;
	while (at + len < text.len && ((unsigned char)text.data[at + len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* Only the last star ever needs to be tried again. */
bool pattern_glob_matches(struct str glob, struct str text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, retry = 0;
	while (t < text.len) {
		if (g < glob.len && glob.data[g] == '*') {
			star = g++;
			retry = t;
		} else if (g < glob.len && glob.data[g] == '?') {
			g++;
			t += character_len(text, t);
		} else if (g < glob.len && glob.data[g] == text.data[t]) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			retry += character_len(text, retry);
			t = retry;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.data[g] == '*')
		g++;
	return g == glob.len;
}

/* An expression that is being put into the form that regcomp knows. */
struct translation {
	struct str from;
	size_t at;
	bool in_brackets;
	size_t repeats; /* product of the counts in braces: what the expression would be unrolled to */
	size_t groups;  /* open parentheses */
	struct buf to;
};

static enum err translate_escape(struct translation *t, struct why *why)
{
	static const struct {
		char letter;
		const char *outside, *inside;
	} classes[] = {
		{'d', "[0-9]", "0-9"},      {'D', "[^0-9]", NULL}, {'w', "[[:alnum:]_]", "[:alnum:]_"},
		{'W', "[^[:alnum:]_]", NULL}, {'s', "[[:space:]]", "[:space:]"}, {'S', "[^[:space:]]", NULL},
	};
	if (t->at + 1 >= t->from.len)
		return err_because(ERR_INVALID, why, "it ends in a backslash");
	char letter = t->from.data[++t->at];
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		const char *class = t->in_brackets ? classes[i].inside : classes[i].outside;
		if (classes[i].letter == letter && class) {
			buf_append_text(&t->to, class);
			return ERR_NONE;
		}
	}
	bool is_plain = (letter < '0' || letter > '9') && (letter < 'a' || letter > 'z') && (letter < 'A' || letter > 'Z');
	if (!is_plain || (t->in_brackets && strchr("]^-", letter)))
		return err_because(ERR_INVALID, why, "\\%c is not understood%s", letter, t->in_brackets ? " in brackets" : "");
	if (!t->in_brackets)
		buf_append_char(&t->to, '\\');
	buf_append_char(&t->to, letter);
	return ERR_NONE;
}

/* "{2,5}": unrolled by the library, so bounded here. */
static enum err count_repeats(struct translation *t, struct why *why)
{
	size_t largest = 0, number = 0;
	for (size_t i = t->at + 1; i < t->from.len && t->from.data[i] != '}'; i++) {
		char c = t->from.data[i];
		number = c >= '0' && c <= '9' && number <= MAX_REPEATS ? 10 * number + (size_t)(c - '0') : 0;
		largest = number > largest ? number : largest;
	}
	t->repeats *= largest > 1 ? largest : 1;
	return t->repeats > MAX_REPEATS ? err_because(ERR_INVALID, why, "it repeats too much") : ERR_NONE;
}

static enum err translate_group(struct translation *t, struct why *why)
{
	struct str rest = str_make(t->from.data + t->at, t->from.len - t->at);
	if (++t->groups > MAX_GROUPS)
		return err_because(ERR_INVALID, why, "its parentheses are too deep");
	if (str_starts_with(rest, STR("(?:")))
		t->at += 2;
	else if (str_starts_with(rest, STR("(?")))
		return err_because(ERR_INVALID, why, "(?%c is not understood", rest.len > 2 ? rest.data[2] : ' ');
	buf_append_char(&t->to, '(');
	return ERR_NONE;
}

/* The start of a bracket expression: a ']' that follows at once is one of its characters. */
static void enter_brackets(struct translation *t)
{
	t->in_brackets = true;
	buf_append_char(&t->to, '[');
	if (t->at + 1 < t->from.len && t->from.data[t->at + 1] == '^') {
		buf_append_char(&t->to, '^');
		t->at++;
	}
	if (t->at + 1 < t->from.len && t->from.data[t->at + 1] == ']') {
		buf_append_char(&t->to, ']');
		t->at++;
	}
}

static enum err translate_one(struct translation *t, struct why *why)
{
	enum err e = ERR_NONE;
	char c = t->from.data[t->at];
	if (c == '\\')
		return translate_escape(t, why);
	if (!t->in_brackets && c == '(')
		return translate_group(t, why);
	if (!t->in_brackets && c == '[') {
		enter_brackets(t);
		return ERR_NONE;
	}
	if (!t->in_brackets && c == '{')
		e = count_repeats(t, why);
	if (!t->in_brackets && c == ')' && t->groups > 0)
		t->groups--;
	if (c == ']')
		t->in_brackets = false;
	buf_append_char(&t->to, c);
	return e;
}

enum err pattern_open(regex_t *out, struct str expression, struct why *why)
{
	struct translation t = {.from = expression, .repeats = 1};
	enum err e = ERR_NONE;
	buf_init(&t.to);
	if (expression.len > PATTERN_MAX_BYTES || (expression.len > 0 && memchr(expression.data, 0, expression.len)))
		e = err_because(ERR_INVALID, why, "it is longer than %d bytes", PATTERN_MAX_BYTES);
	for (; e == ERR_NONE && t.at < expression.len; t.at++)
		e = translate_one(&t, why);
	buf_append_char(&t.to, 0);
	if (e == ERR_NONE) {
		int failure = regcomp(out, t.to.data, REG_EXTENDED | REG_NOSUB);
		char text[128];
		if (failure != 0) {
			regerror(failure, out, text, sizeof text);
			e = err_because(ERR_INVALID, why, "%s", text);
		}
	}
	buf_fini(&t.to);
	return e;
}

void pattern_close(regex_t *r)
{
	regfree(r);
}

bool pattern_matches(const regex_t *r, struct str text)
{
	regmatch_t range = {0, (regoff_t)text.len};
	return regexec(r, text.data ? text.data : "", 1, &range, REG_STARTEND) == 0;
}
