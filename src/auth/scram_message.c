/* RFC 5802 §7, formal syntax. */
#include "auth/scram_message.h"

#include "base/codec.h"

/* More is nobody's name and nonce, and all of it is kept until the end of the exchange. */
enum { MESSAGE_BYTES_MAX = 8192 };

/* Cuts an attribute at the comma or the end; false if there is none of this name (the value may be empty). */
static bool take_attribute(struct str *rest, char name, struct str *value_out)
{
	struct str attribute;

	if (rest->len < 2 || rest->data[0] != name || rest->data[1] != '=')
		return false;
	attribute = str_split(*rest, ',', rest);
	*value_out = str_make(attribute.data + 2, attribute.len - 2);
	return true;
}

/* Printable, and not the comma: 1*( %x21-2B / %x2D-7E ). */
static bool is_nonce(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] < 0x21 || s.data[i] > 0x7e || s.data[i] == ',')
			return false;
	}
	return s.len > 0;
}

/* cb-name: 1*(ALPHA / DIGIT / "." / "-"). */
static bool is_binding_type(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
			return false;
	}
	return s.len > 0;
}

/* Attributes we do not know: a letter, '=', and at least one character. They may be ignored, but not m=. */
static bool are_extensions(struct str rest)
{
	while (rest.data) {
		struct str extension = str_split(rest, ',', &rest);
		char name = extension.len >= 3 ? extension.data[0] : 0;

		if (!((name >= 'a' && name <= 'z') || (name >= 'A' && name <= 'Z')) || name == 'm' || extension.data[1] != '=')
			return false;
	}
	return true;
}

static bool is_text(struct str s)
{
	return s.len <= MESSAGE_BYTES_MAX && s.len > 0 && !memchr(s.data, 0, s.len) && codec_utf8_is_valid(s);
}

static bool parse_binding(struct str flag, struct scram_message_first *out)
{
	if (str_is(flag, "n"))
		out->binding = SCRAM_MESSAGE_CANNOT;
	else if (str_is(flag, "y"))
		out->binding = SCRAM_MESSAGE_CANNOT_SEE;
	else if (take_attribute(&flag, 'p', &out->binding_type))
		out->binding = SCRAM_MESSAGE_BINDS;
	else
		return false;
	return out->binding != SCRAM_MESSAGE_BINDS || is_binding_type(out->binding_type);
}

bool scram_message_parse_first(struct str message, struct scram_message_first *out)
{
	struct str rest, authzid;

	*out = (struct scram_message_first){0};
	if (!is_text(message) || !parse_binding(str_split(message, ',', &rest), out) || !rest.data)
		return false;
	authzid = str_split(rest, ',', &rest);
	if (!rest.data || (authzid.len > 0 && (!take_attribute(&authzid, 'a', &out->authzid) || out->authzid.len == 0)))
		return false;
	out->bare = rest;
	out->gs2_header = str_make(message.data, message.len - rest.len);
	return take_attribute(&rest, 'n', &out->name) && rest.data && take_attribute(&rest, 'r', &out->nonce) && is_nonce(out->nonce) &&
	       are_extensions(rest);
}

bool scram_message_parse_final(struct str message, struct scram_message_final *out)
{
	struct str rest = message;
	ptrdiff_t proof = -1;

	*out = (struct scram_message_final){0};
	if (!is_text(message))
		return false;
	/* The proof comes last; everything before its comma is signed. */
	for (size_t i = message.len; i > 0 && proof < 0; i--) {
		if (message.data[i - 1] == ',')
			proof = (ptrdiff_t)i;
	}
	if (proof < 0)
		return false;
	rest = str_make(message.data + proof, message.len - (size_t)proof);
	if (!take_attribute(&rest, 'p', &out->proof) || out->proof.len == 0)
		return false;
	rest = out->without_proof = str_make(message.data, (size_t)proof - 1);
	return take_attribute(&rest, 'c', &out->binding) && rest.data && take_attribute(&rest, 'r', &out->nonce) && is_nonce(out->nonce) &&
	       are_extensions(rest);
}

bool scram_message_decode_name(struct arena *a, struct str encoded, struct str *out)
{
	char *name = arena_alloc(a, encoded.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < encoded.len; i++) {
		struct str escape = str_make(encoded.data + i, encoded.len - i < 3 ? encoded.len - i : 3);

		if (encoded.data[i] != '=') {
			name[len++] = encoded.data[i];
			continue;
		}
		if (!str_is(escape, "=2C") && !str_is(escape, "=3D"))
			return false;
		name[len++] = escape.data[2] == 'C' ? ',' : '=';
		i += 2;
	}
	*out = str_make(name, len);
	return len > 0 && codec_utf8_is_valid(*out);
}
