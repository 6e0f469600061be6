/* XEP-0388 §2.6.1; XEP-0386 §3.2; XEP-0198 §9; XEP-0484 §3.3, §3.5 */
#include "stream/inline_login.h"

#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"
#include "stream/feature.h"
#include "stream/negotiation.h"
#include "xmpp/ns.h"

/* Between the question for a token and its answer the stream may go. */
struct inline_login_ticket {
	struct stream *stream; /* NULL: gone */
};

const struct fast_options *inline_login_tokens(const struct stream *s)
{
	const struct config_host_module *m = config_find_module(s->negotiation->host, "mod_fast_auth_token");

	return m ? m->options : NULL;
}

/* ---- what is wanted ---- */

bool inline_login_note(struct stream *s, struct stanza *element)
{
	struct stream_negotiation *n = s->negotiation;
	const struct fast_options *tokens = inline_login_tokens(s);
	struct inline_login *l = arena_alloc(&n->arena, sizeof(*l));

	inline_login_forget(s);
	if (!authenticate_parse(element, &n->arena, &l->what) || (l->what.fast && !l->what.client.data))
		return false;
	stanza_ref(element);
	l->element = element;
	if (l->what.fast && tokens) {
		l->used = (struct sasl_token){
			.client = l->what.client,
			.count = l->what.count,
			.invalidates = l->what.invalidates,
			.rotate_before_expire_ms = tokens->rotate_before_expire_ms,
		};
		n->sasl_context.token = &l->used;
	}
	n->inline_login = l;
	return true;
}

void inline_login_forget(struct stream *s)
{
	struct inline_login *l = s->negotiation->inline_login;

	s->negotiation->sasl_context.token = NULL;
	s->negotiation->inline_login = NULL;
	if (!l)
		return;
	if (l->ticket)
		l->ticket->stream = NULL;
	codec_wipe((char *)(uintptr_t)l->token.data, l->token.len);
	stanza_unref(&l->element);
}

/* ---- <success/> ---- */

static void write_token(const struct inline_login *l, struct writer *w)
{
	time_t seconds = (time_t)(l->token_expiry_ms / 1000);
	char expiry[32];
	struct tm t;

	check(gmtime_r(&seconds, &t));
	strftime(expiry, sizeof(expiry), "%Y-%m-%dT%H:%M:%SZ", &t);
	writer_open(w, "token", NS_FAST);
	writer_attribute_text(w, "expiry", expiry);
	writer_attribute(w, "token", l->token);
	writer_close(w);
}

static void write_bound(struct stream *s, struct writer *w)
{
	const struct inline_login *l = s->negotiation->inline_login;

	writer_open(w, "bound", NS_BIND2);
	if (s->rules->link->write_bound)
		s->rules->link->write_bound(s, l->element, l->what.bind, w);
	writer_close(w);
}

/* No new opening tag follows, but features (XEP-0388 §2.6.1). */
static void send_success(struct stream *s, struct jid who, bool is_bound)
{
	struct stream_negotiation *n = s->negotiation;
	const struct inline_login *l = n->inline_login;
	struct arena scratch;
	struct writer w;

	arena_init(&scratch, 256);
	w = negotiation_begin(s);
	writer_open(&w, "success", NS_SASL2);
	if (l->data.data)
		writer_leaf(&w, "additional-data", NULL, codec_base64(&scratch, l->data.data, l->data.len));
	writer_leaf(&w, "authorization-identifier", NULL, jid_str(who));
	if (l->resumption.data)
		writer_raw(&w, l->resumption);
	if (is_bound)
		write_bound(s, &w);
	if (l->token.data)
		write_token(l, &w);
	writer_close(&w);
	negotiation_finish(s);
	arena_fini(&scratch);
	feature_send_all(s);
}

/* ---- a session ---- */

static void go_on_without(struct stream *s)
{
	send_success(s, s->negotiation->who, false);
	inline_login_forget(s);
	negotiation_set_state(s, STREAM_AWAIT_BIND);
	negotiation_start_deadline(s);
}

static void bind_or_go_on(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;
	struct inline_login *l = n->inline_login;

	if (!l->what.bind || !config_find_module(n->host, "mod_bind2")) {
		go_on_without(s);
		return;
	}
	l->mark = authenticate_mark(&l->what, n->who, &n->arena);
	feature_bind_address(s, authenticate_resource(&l->what, l->mark, &n->arena));
}

/* As an element of its own, which is what the link is used to. */
static struct stanza *copy_request(const struct inline_login *l)
{
	struct stanza *copy;
	struct writer w;
	struct buf xml;

	buf_init(&xml);
	writer_init(&w, &xml);
	writer_node(&w, l->element, l->what.resume);
	copy = stanza_from_text(buf_str(&xml), NS_CLIENT);
	buf_fini(&xml);
	return copy;
}

static void resume_or_bind(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;
	struct inline_login *l = n->inline_login;

	if (!l->what.resume || !s->rules->link->claim) {
		bind_or_go_on(s);
		return;
	}
	n->request = copy_request(l);
	timer_stop(&n->deadline);
	negotiation_set_state(s, STREAM_BINDING);
	s->rules->link->claim(s);
}

void inline_login_bound(struct stream *s)
{
	s->negotiation->is_bound = true;
	send_success(s, s->negotiation->who, true);
}

void inline_login_refuse_bind(struct stream *s, enum stanza_error e)
{
	struct writer w = negotiation_begin(s);

	writer_open(&w, "failure", NS_SASL2);
	writer_empty(&w, sasl_failure_condition(SASL_FAILURE_NOT_AUTHORIZED), NS_SASL);
	writer_empty(&w, xerror_stanza_condition(e), NS_STANZA_ERROR);
	writer_close(&w);
	negotiation_finish(s);
}

void inline_login_claimed(struct stream *s, struct jid address, struct str xml)
{
	s->negotiation->inline_login->resumption = xml;
	s->negotiation->is_bound = true;
	send_success(s, address, false);
}

void inline_login_refuse_claim(struct stream *s, struct str xml)
{
	struct stream_negotiation *n = s->negotiation;

	n->inline_login->resumption = arena_str(&n->arena, xml);
	stanza_unref(&n->request);
	/* Whoever says so may be in the middle of ending that session: another one is opened when that is over. */
	negotiation_wait(s);
	timer_start(s->place->timers, &n->soon, 1);
}

void inline_login_on_soon(struct timer *t)
{
	struct stream *s = container_of(t, struct stream_negotiation, soon)->stream;

	negotiation_go_on(s, true);
	bind_or_go_on(s);
}

/* ---- a token ---- */

static void on_issued(void *context, enum err result, struct str token, int64_t expiry_ms)
{
	struct inline_login_ticket *ticket = context;
	struct stream *s = ticket->stream;
	struct inline_login *l;

	free(ticket);
	if (!s)
		return;
	l = s->negotiation->inline_login;
	l->ticket = NULL;
	if (s->state == STREAM_ENDED)
		return;
	/* Without one the client logs in with its password again. */
	if (result == ERR_NONE) {
		l->token = arena_str(&s->negotiation->arena, token);
		l->token_expiry_ms = expiry_ms;
	}
	negotiation_go_on(s, true);
	resume_or_bind(s);
}

/* One that was asked for, or one in place of one that ends soon. */
static bool wants_token(struct stream *s, struct fast_token_use *use_out)
{
	const struct stream_negotiation *n = s->negotiation;
	const struct authenticate *what = &n->inline_login->what;

	if (!inline_login_tokens(s) || !what->client.data || !sasl_may_have_token(n->sasl))
		return false;
	if (what->token_mechanism.data && sasl_find_token_use(&n->sasl_context, what->token_mechanism, use_out))
		return true;
	return sasl_token_is_due(n->sasl) && sasl_find_token_use(&n->sasl_context, str_from(n->mechanism), use_out);
}

void inline_login_carry_out(struct stream *s, struct str data)
{
	struct stream_negotiation *n = s->negotiation;
	struct inline_login *l = n->inline_login;
	struct account_asker asker = n->sasl_context.asker;
	struct fast_wish wish = {.client = l->what.client};

	if (data.data)
		l->data = arena_str(&n->arena, data);
	if (!wants_token(s, &wish.use)) {
		resume_or_bind(s);
		return;
	}
	wish.access_ms = inline_login_tokens(s)->access_ms;
	wish.since_ms = sasl_began_ms(n->sasl);
	asker.context = l->ticket = mem_new(sizeof(*l->ticket));
	l->ticket->stream = s;
	negotiation_wait(s);
	fast_issue(asker, n->who, &wish, on_issued);
}
