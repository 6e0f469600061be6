#ifndef MEERKAT_WITHOUT_LDAP
#include "auth/directory.h"

#include <ldap.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/library.h"
#include "base/mem.h"
#include "conf/config.h"

#define FUNCTIONS(X) \
	X(ldap, abandon_ext) X(ldap, count_entries) X(ldap, err2string) X(ldap, first_entry) X(ldap, get_dn) \
	X(ldap, get_option) X(ldap, get_values_len) X(ldap, initialize) X(ldap, memfree) X(ldap, msgfree) \
	X(ldap, parse_result) X(ldap, result) X(ldap, sasl_bind) X(ldap, search_ext) X(ldap, set_option) \
	X(ldap, unbind_ext_s) X(ldap, value_free_len)

LIBRARY(ldap, FUNCTIONS, LIBRARY_LDAP);

/* A connect cannot be given up. */
enum { CONNECT_MS_MAX = 3000 };
enum { SLICE_MS = 200, ENTRIES_MAX = 2, VALUES_MAX = 1024 };

struct directory {
	LDAP *ldap;
	const struct pool_ldap *settings;
	const _Atomic bool *is_closing;
};

/* Opening */

static void append_uri(struct buf *out, const struct pool_ldap *settings, struct str server)
{
	bool is_ipv6 = str_find_char(server, ':') >= 0 && !str_starts_with(server, STR("["));

	buf_printf(out, "%s%s://%s%.*s%s:%lld", out->len > 0 ? " " : "", settings->tls ? "ldaps" : "ldap", is_ipv6 ? "[" : "", STR_ARGS(server),
		   is_ipv6 ? "]" : "", (long long)settings->port);
}

static bool set_text(LDAP *l, int option, struct str value)
{
	return !value.data || ldap.set_option(l, option, value.data) == LDAP_OPT_SUCCESS;
}

static bool set_versions(LDAP *l, const struct option_list *versions)
{
	static const int protocols[] = {LDAP_OPT_X_TLS_PROTOCOL_TLS1_0, LDAP_OPT_X_TLS_PROTOCOL_TLS1_1, LDAP_OPT_X_TLS_PROTOCOL_TLS1_2,
					LDAP_OPT_X_TLS_PROTOCOL_TLS1_3};
	const int *items = versions->items;
	int low = 3, high = 0;

	for (size_t i = 0; i < versions->count; i++) {
		low = items[i] < low ? items[i] : low;
		high = items[i] > high ? items[i] : high;
	}
	if (versions->count == 0)
		low = 2;
	if (ldap.set_option(l, LDAP_OPT_X_TLS_PROTOCOL_MIN, &protocols[low]) != LDAP_OPT_SUCCESS)
		return false;
	return versions->count == 0 || high == 3 || ldap.set_option(l, LDAP_OPT_X_TLS_PROTOCOL_MAX, &protocols[high]) == LDAP_OPT_SUCCESS;
}

static bool set_tls(LDAP *l, const struct pool_tls *tls)
{
	int demand = tls->verify_mode == POOL_VERIFY_PEER ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER, is_server = 0;

	return set_text(l, LDAP_OPT_X_TLS_CACERTFILE, tls->cacertfile) && set_text(l, LDAP_OPT_X_TLS_CERTFILE, tls->certfile) &&
	       set_text(l, LDAP_OPT_X_TLS_KEYFILE, tls->keyfile.data ? tls->keyfile : tls->certfile) &&
	       set_text(l, LDAP_OPT_X_TLS_CIPHER_SUITE, tls->ciphers) && set_versions(l, &tls->versions) &&
	       ldap.set_option(l, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == LDAP_OPT_SUCCESS &&
	       ldap.set_option(l, LDAP_OPT_X_TLS_NEWCTX, &is_server) == LDAP_OPT_SUCCESS;
}

static bool set_options(struct directory *d)
{
	int version = LDAP_VERSION3;
	int64_t ms = d->settings->common.call_timeout_ms;
	int64_t connect_ms = ms < CONNECT_MS_MAX ? ms : CONNECT_MS_MAX;
	struct timeval patience = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	struct timeval connect_patience = {.tv_sec = connect_ms / 1000, .tv_usec = connect_ms % 1000 * 1000};

	return ldap.set_option(d->ldap, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS &&
	       ldap.set_option(d->ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
	       ldap.set_option(d->ldap, LDAP_OPT_NETWORK_TIMEOUT, &connect_patience) == LDAP_OPT_SUCCESS &&
	       ldap.set_option(d->ldap, LDAP_OPT_TIMEOUT, &patience) == LDAP_OPT_SUCCESS &&
	       (!d->settings->tls || set_tls(d->ldap, d->settings->tls));
}

struct directory *directory_open(const struct pool_ldap *settings, const _Atomic bool *is_closing, struct why *why)
{
	struct directory *d;
	const struct str *servers = settings->servers.items;
	struct buf uris;
	int code;

	if (!library_load(&ldap_library, why))
		return NULL;
	d = mem_new(sizeof(*d));
	d->settings = settings;
	d->is_closing = is_closing;
	buf_init(&uris);
	for (size_t i = 0; i < settings->servers.count; i++)
		append_uri(&uris, settings, servers[i]);
	buf_append_char(&uris, 0);
	code = ldap.initialize(&d->ldap, uris.data);
	buf_fini(&uris);
	if (code == LDAP_SUCCESS && set_options(d))
		return d;
	err_because(ERR_INVALID, why, "%s", code == LDAP_SUCCESS ? "the settings of TLS cannot be used" : ldap.err2string(code));
	directory_close(&d);
	return NULL;
}

void directory_close(struct directory **directory)
{
	struct directory *d = *directory;

	*directory = NULL;
	if (!d)
		return;
	if (d->ldap)
		ldap.unbind_ext_s(d->ldap, NULL, NULL);
	free(d);
}

/* Waiting */

static enum err fail(struct directory *d, int code, struct why *why)
{
	char *more = NULL;
	enum err e = code == LDAP_TIMEOUT || code == LDAP_TIMELIMIT_EXCEEDED ? ERR_TIMEOUT : ERR_SYSTEM;

	ldap.get_option(d->ldap, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	err_because(e, why, "%s%s%s", ldap.err2string(code), more && more[0] ? ": " : "", more ? more : "");
	ldap.memfree(more);
	return e;
}

/* The whole answer to a request, to be freed; in time. */
static enum err await(struct directory *d, int id, LDAPMessage **out, struct why *why)
{
	int64_t deadline_ms = clock_monotonic_ms() + d->settings->common.call_timeout_ms;

	for (;;) {
		int64_t left = deadline_ms - clock_monotonic_ms();
		struct timeval slice = {.tv_usec = (left < SLICE_MS ? left : SLICE_MS) * 1000};
		int type = left > 0 ? ldap.result(d->ldap, id, LDAP_MSG_ALL, &slice, out) : 0, code = LDAP_OTHER;

		if (type > 0)
			return ERR_NONE;
		if (type < 0)
			ldap.get_option(d->ldap, LDAP_OPT_RESULT_CODE, &code);
		else if (left <= 0)
			code = LDAP_TIMEOUT;
		else if (!atomic_load(d->is_closing))
			continue;
		if (type == 0)
			ldap.abandon_ext(d->ldap, id, NULL, NULL);
		return fail(d, code, why);
	}
}

/* The code of the last message of an answer. */
static int code_of(struct directory *d, LDAPMessage *answer)
{
	int code = LDAP_OTHER;

	return ldap.parse_result(d->ldap, answer, &code, NULL, NULL, NULL, NULL, 0) == LDAP_SUCCESS ? code : LDAP_OTHER;
}

/* Passwords */

static bool is_refusal(int code)
{
	switch (code) {
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_CONSTRAINT_VIOLATION:
	case LDAP_UNWILLING_TO_PERFORM:
		return true;
	default:
		return false;
	}
}

enum err directory_bind(struct directory *d, struct str dn, struct str password, struct why *why)
{
	struct berval secret = {.bv_len = password.len, .bv_val = (char *)(uintptr_t)password.data};
	LDAPMessage *answer = NULL;
	char *name;
	int id, code;
	enum err e;

	if (password.len == 0 || dn.len == 0)
		return err_because(ERR_ACCESS, why, "the name or the password is empty");
	name = str_dup(dn);
	code = ldap.sasl_bind(d->ldap, name, LDAP_SASL_SIMPLE, &secret, NULL, NULL, &id);
	free(name);
	if (code != LDAP_SUCCESS)
		return fail(d, code, why);
	e = await(d, id, &answer, why);
	if (e != ERR_NONE)
		return e;
	code = code_of(d, answer);
	ldap.msgfree(answer);
	if (is_refusal(code))
		return err_because(ERR_ACCESS, why, "%s", ldap.err2string(code));
	return code == LDAP_SUCCESS ? ERR_NONE : fail(d, code, why);
}

/* Searches */

static void take_values(struct directory *d, LDAPMessage *entry, const char *attribute, struct arena *a, struct directory_found *out)
{
	struct berval **values = ldap.get_values_len(d->ldap, entry, attribute);

	for (int i = 0; values && values[i] && out->value_count < VALUES_MAX; i++)
		out->values[out->value_count++] = (struct directory_value){
			arena_str(a, str_from(attribute)), arena_str(a, str_make(values[i]->bv_val, values[i]->bv_len))};
	ldap.value_free_len(values);
}

static void take_entry(struct directory *d, LDAPMessage *entry, const struct directory_search *s, struct arena *a, struct directory_found *out)
{
	char *dn = ldap.get_dn(d->ldap, entry);

	out->dn = arena_str(a, str_from(dn ? dn : ""));
	ldap.memfree(dn);
	out->values = arena_alloc_array(a, VALUES_MAX, sizeof(out->values[0]));
	for (const char **attribute = s->attributes; *attribute; attribute++)
		take_values(d, entry, *attribute, a, out);
}

static int send_search(struct directory *d, const struct directory_search *s, int *id_out)
{
	static const int derefs[] = {
		[CONFIG_DEREF_NEVER] = LDAP_DEREF_NEVER, [CONFIG_DEREF_ALWAYS] = LDAP_DEREF_ALWAYS,
		[CONFIG_DEREF_FINDING] = LDAP_DEREF_FINDING, [CONFIG_DEREF_SEARCHING] = LDAP_DEREF_SEARCHING,
	};
	static const char *none[] = {LDAP_NO_ATTRS, NULL};
	char *base = str_dup(s->base), **attributes = (char **)(uintptr_t)(s->attributes[0] ? s->attributes : none);
	int code = ldap.set_option(d->ldap, LDAP_OPT_DEREF, &derefs[s->deref]);

	if (code == LDAP_OPT_SUCCESS)
		code = ldap.search_ext(d->ldap, base, LDAP_SCOPE_SUBTREE, s->filter, attributes, 0, NULL, NULL, NULL, ENTRIES_MAX, id_out);
	free(base);
	return code;
}

enum err directory_find(struct directory *d, const struct directory_search *s, struct arena *a, struct directory_found *out, struct why *why)
{
	LDAPMessage *answer = NULL, *first;
	int id, code = send_search(d, s, &id);
	enum err e;

	*out = (struct directory_found){0};
	if (code != LDAP_SUCCESS)
		return fail(d, code, why);
	e = await(d, id, &answer, why);
	if (e != ERR_NONE)
		return e;
	code = code_of(d, answer);
	first = ldap.first_entry(d->ldap, answer);
	out->entries = ldap.count_entries(d->ldap, answer);
	if (code == LDAP_NO_SUCH_OBJECT)
		out->entries = 0;
	else if (code != LDAP_SUCCESS && code != LDAP_SIZELIMIT_EXCEEDED)
		e = fail(d, code, why);
	if (e == ERR_NONE && first && out->entries > 0)
		take_entry(d, first, s, a, out);
	ldap.msgfree(answer);
	return e;
}
#endif
