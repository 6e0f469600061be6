#include "auth/ldap_filter.h"

/* RFC 4515 §3: these must be escaped, and any other byte may. Values that are no text cannot come from an address. */
void ldap_filter_escape(struct str value, struct buf *out)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (c < 0x20 || c == '(' || c == ')' || c == '*' || c == '\\' || c == 0x7f)
			buf_printf(out, "\\%02x", c);
		else
			buf_append_char(out, (char)c);
	}
}

/* "%u@example.org" */
static void append_format(struct str format, struct str user, struct buf *out)
{
	const char *name = memmem(format.data, format.len, "%u", 2);
	size_t before = name ? (size_t)(name - format.data) : format.len;

	ldap_filter_escape(str_make(format.data, before), out);
	if (!name)
		return;
	ldap_filter_escape(user, out);
	ldap_filter_escape(str_make(name + 2, format.len - before - 2), out);
}

void ldap_filter_user(const struct config_auth_ldap *l, struct str user, struct buf *out)
{
	const struct config_ldap_uid *uids = l->uids.items;

	if (l->filter.data)
		buf_append_text(out, "(&");
	if (l->uids.count > 1)
		buf_append_text(out, "(|");
	for (size_t i = 0; i < l->uids.count; i++) {
		buf_printf(out, "(%.*s=", STR_ARGS(uids[i].attribute));
		append_format(uids[i].format, user, out);
		buf_append_char(out, ')');
	}
	if (l->uids.count > 1)
		buf_append_char(out, ')');
	if (l->filter.data)
		buf_printf(out, "%.*s)", STR_ARGS(l->filter));
}

void ldap_filter_expand(struct str filter, const struct ldap_filter_variables *v, struct buf *out)
{
	size_t used = 0;

	for (size_t i = 0; i < filter.len; i++) {
		char variable = filter.data[i] == '%' && i + 1 < filter.len ? filter.data[i + 1] : 0;
		struct str value = STR_NONE;

		if (variable == 0 || !strchr("udDs", variable)) {
			buf_append_char(out, filter.data[i]);
			continue;
		}
		i++;
		if (variable == 'u')
			value = v->user;
		else if (variable == 'd')
			value = v->domain;
		else if (variable == 'D')
			value = v->dn;
		else if (used < v->value_count)
			value = v->values[used++];
		ldap_filter_escape(value, out);
	}
}
