#include "stream/login.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/revocation.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/metric.h"
#include "stream/negotiation.h"

static const char *const binding_types[] = {"tls-exporter", "tls-unique", "tls-server-end-point"};

/* ---- what is announced ---- */

static void collect_bindings(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;
	size_t count = 0;
	struct buf data;

	if (!s->is_secure || !s->rules->link->binding)
		return;
	buf_init(&data);
	for (size_t i = 0; i < SASL_BINDINGS_MAX; i++) {
		buf_clear(&data);
		if (s->rules->link->binding(s, binding_types[i], &data))
			n->sasl_context.bindings[count++] =
				(struct sasl_binding){binding_types[i], arena_str(&n->arena, buf_str(&data))};
	}
	buf_fini(&data);
}

static void collect_certificate(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;
	struct sasl_certificate certificate = {0}, *kept;

	if (!s->is_secure || !s->rules->link->certificate || !s->rules->link->certificate(s, &n->arena, &certificate))
		return;
	kept = arena_alloc(&n->arena, sizeof(*kept));
	*kept = certificate;
	n->sasl_context.certificate = kept;
}

size_t login_mechanisms(const struct stream *s, const char **names_out)
{
	return sasl_offered(&s->negotiation->sasl_context, s->rules->listen, names_out, LOGIN_MECHANISMS_MAX);
}

/* With TLS 1.3, known by its exporter, tls-unique is taken from those who come with it but not announced. */
size_t login_bindings(const struct stream *s, const char *types_out[SASL_BINDINGS_MAX])
{
	const struct sasl_binding *b = s->negotiation->sasl_context.bindings;
	bool has_exporter = b->type && !strcmp(b->type, "tls-exporter");
	size_t count = 0;

	for (; b->type; b++)
		if (!has_exporter || strcmp(b->type, "tls-unique") != 0)
			types_out[count++] = b->type;
	return count;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void append_sorted(struct buf *out, const char **names, size_t count)
{
	qsort(names, count, sizeof(*names), compare);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_append_char(out, '\x1e');
		buf_append_text(out, names[i]);
	}
}

/* XEP-0474 §5.1: the mechanisms, which are the same in both words, and the bindings. */
static void note_announced(struct stream *s)
{
	const char *names[LOGIN_MECHANISMS_MAX], *types[SASL_BINDINGS_MAX];
	size_t type_count = login_bindings(s, types);
	struct buf text;

	buf_init(&text);
	append_sorted(&text, names, login_mechanisms(s, names));
	if (type_count > 0) {
		buf_append_char(&text, '\x1f');
		append_sorted(&text, types, type_count);
	}
	s->negotiation->sasl_context.announced = arena_str(&s->negotiation->arena, buf_str(&text));
	buf_fini(&text);
}

void login_prepare(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;

	n->sasl_context = (struct sasl_context){
		.asker = {.service = s->rules->accounts, .auth = n->host->auth, .reply_to = s->place->mailbox},
		.host = n->host->name,
		.is_encrypted = s->is_secure || n->config->meerkat.allow_plain_without_tls || ip_is_loopback(n->peer),
	};
	collect_bindings(s);
	collect_certificate(s);
	note_announced(s);
}

/* Would the mechanism be offered if this were encrypted? */
static bool lacks_encryption(const struct stream *s, struct str mechanism)
{
	const char *names[LOGIN_MECHANISMS_MAX];
	struct sasl_context encrypted = s->negotiation->sasl_context;
	size_t count;

	if (encrypted.is_encrypted)
		return false;
	encrypted.is_encrypted = true;
	count = sasl_offered(&encrypted, s->rules->listen, names, LOGIN_MECHANISMS_MAX);
	for (size_t i = 0; i < count; i++)
		if (str_is(mechanism, names[i]))
			return true;
	return false;
}

/* ---- how it ends ---- */

static void drop_exchange(struct stream *s)
{
	if (s->negotiation->sasl)
		sasl_free(&s->negotiation->sasl);
}

static void log_login(const struct stream *s, const char *message, struct jid who, const char *condition)
{
	const struct stream_negotiation *n = s->negotiation;
	char peer[IP_TEXT_MAX];

	/* Who has not even said who it is has no name. */
	log_event(LOG_INFO, "stream", message, LOG_STR("host", n->host->name), LOG_TEXT("mechanism", n->mechanism),
		  LOG_TEXT("condition", condition), LOG_TEXT("peer", ip_format(n->peer, true, peer)), LOG_TEXT("stream", n->id),
		  jid_is_set(who) ? LOG_STR("who", jid_str(who)) : LOG_END);
}

void login_fail(struct stream *s, const struct login_profile *p, enum sasl_failure f)
{
	struct stream_negotiation *n = s->negotiation;

	p->fail(s, f);
	metric_add(METRIC_auth_failed, 1);
	log_login(s, "login failed", n->sasl ? sasl_claimed(n->sasl) : JID_NONE, sasl_failure_condition(f));
	drop_exchange(s);
	if (++n->failed_logins >= NEGOTIATION_LOGINS)
		stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "too many failed logins");
	else
		negotiation_set_state(s, STREAM_AWAIT_LOGIN);
	if (s->rules->link->on_login)
		s->rules->link->on_login(s, false);
}

void login_note_success(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;

	n->who = jid_copy(&n->arena, sasl_who(n->sasl));
	metric_add(METRIC_auth_succeeded, 1);
	log_login(s, "login succeeded", n->who, "");
	s->is_logged_in = true;
	s->is_guest = sasl_is_guest(n->sasl);
	if (s->rules->link->on_login)
		s->rules->link->on_login(s, true);
}

/* ---- how it goes on ---- */

static void on_answer(void *context, const struct sasl_answer *a)
{
	struct stream *s = context;
	const struct login_profile *p = s->negotiation->profile;
	bool had_waited = s->state == STREAM_AWAIT_ANSWER;

	s->negotiation->is_answered = true;
	if (s->state == STREAM_ENDED)
		return;
	negotiation_go_on(s, had_waited);
	if (a->result == SASL_CHALLENGE) {
		p->challenge(s, a->data);
		negotiation_set_state(s, p->challenged);
	} else if (a->result == SASL_SUCCESS) {
		p->succeed(s, a->data);
	} else {
		login_fail(s, p, a->failure);
	}
}

bool login_start(struct stream *s, const struct login_profile *p, struct str mechanism)
{
	struct stream_negotiation *n = s->negotiation;

	drop_exchange(s);
	snprintf(n->mechanism, sizeof(n->mechanism), "%.*s", STR_ARGS(mechanism));
	n->profile = p;
	n->login_mark = revocation_now(s->rules->accounts->revocations);
	n->sasl = sasl_new(&n->sasl_context, s->rules->listen, mechanism, on_answer, s);
	if (!n->sasl)
		login_fail(s, p, lacks_encryption(s, mechanism) ? SASL_FAILURE_ENCRYPTION_REQUIRED : SASL_FAILURE_INVALID_MECHANISM);
	return n->sasl != NULL;
}

void login_step(struct stream *s, struct str data)
{
	struct stream_negotiation *n = s->negotiation;

	n->is_answered = false;
	sasl_step(n->sasl, data);
	/* After an answer it may be on another loop already. */
	if (s->negotiation == n && !n->is_answered)
		negotiation_wait(s);
}

/* The decoded bytes may be a password. */
void login_step_with_text(struct stream *s, struct str text)
{
	struct arena scratch;
	struct str data = STR("");

	arena_init(&scratch, 0);
	if (text.len > 0 && !codec_base64_decode(&scratch, text, &data)) {
		login_fail(s, s->negotiation->profile, SASL_FAILURE_INCORRECT_ENCODING);
	} else {
		login_step(s, data);
		if (text.len > 0)
			codec_wipe((char *)(uintptr_t)data.data, data.len);
	}
	arena_fini(&scratch);
}
