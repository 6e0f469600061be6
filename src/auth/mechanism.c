#include "auth/mechanism.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"

struct mechanism_ticket {
	struct sasl *exchange; /* NULL: dropped */
	int method;            /* which one has said yes */
};

static void give(struct sasl *s, const struct sasl_answer *answer)
{
	s->is_over = answer->result != SASL_CHALLENGE;
	s->on_answer(s->context, answer);
}

void mechanism_challenge(struct sasl *s, struct str data)
{
	give(s, &(struct sasl_answer){.result = SASL_CHALLENGE, .data = data});
}

void mechanism_succeed(struct sasl *s, struct jid who, struct str data)
{
	s->who = who;
	give(s, &(struct sasl_answer){.result = SASL_SUCCESS, .data = data});
}

void mechanism_fail(struct sasl *s, enum sasl_failure failure)
{
	give(s, &(struct sasl_answer){.result = SASL_FAILED, .failure = failure});
}

struct account_asker mechanism_ask(struct sasl *s)
{
	struct account_asker asker = s->about.asker;

	check(!s->ticket);
	s->ticket = mem_new(sizeof(*s->ticket));
	s->ticket->exchange = s;
	asker.context = s->ticket;
	asker.method_out = &s->ticket->method;
	return asker;
}

struct sasl *mechanism_redeem(void *context)
{
	struct mechanism_ticket *ticket = context;
	struct sasl *s = ticket->exchange;

	if (s) {
		s->ticket = NULL;
		s->method = ticket->method;
	}
	free(ticket);
	return s;
}

void mechanism_drop(struct sasl *s)
{
	if (s->ticket)
		s->ticket->exchange = NULL;
	s->ticket = NULL;
}

static bool make_who(struct sasl *s, struct str name, struct jid *out)
{
	ptrdiff_t at = str_find_char(name, '@');
	struct str local;

	if (at < 0) {
		if (!jid_prepare_local(name, &s->arena, &local))
			return false;
		*out = jid_make(&s->arena, local, s->about.host, STR_NONE);
		return true;
	}
	return jid_parse(out, name, &s->arena) && jid_is_bare(*out) && out->local_len > 0 && str_equal(jid_domain(*out), s->about.host);
}

enum sasl_failure mechanism_find_who(struct sasl *s, struct str authcid, struct str authzid, struct jid *who_out)
{
	struct jid wanted;

	if (authcid.len == 0)
		return SASL_FAILURE_MALFORMED_REQUEST;
	if (!make_who(s, authcid, who_out))
		return SASL_FAILURE_NOT_AUTHORIZED;
	/* Text that needed no preparation still belongs to the caller. */
	s->claimed = *who_out = jid_copy(&s->arena, *who_out);
	if (authzid.len > 0 && (!jid_parse(&wanted, authzid, &s->arena) || !jid_equal(wanted, *who_out)))
		return SASL_FAILURE_INVALID_AUTHZID;
	return SASL_FAILURE_NONE;
}

enum sasl_failure mechanism_failure_of(enum err e)
{
	switch (e) {
	case ERR_NONE:
		return SASL_FAILURE_NONE;
	case ERR_NOT_FOUND:
	case ERR_ACCESS:
		return SASL_FAILURE_NOT_AUTHORIZED;
	case ERR_CLOSED:
		return SASL_FAILURE_ACCOUNT_DISABLED;
	default:
		return SASL_FAILURE_TEMPORARY_AUTH_FAILURE;
	}
}

void mechanism_on_checked(void *context, enum err result)
{
	struct sasl *s = mechanism_redeem(context);

	if (!s)
		return;
	if (result == ERR_NONE)
		mechanism_succeed(s, s->claimed, STR_NONE);
	else
		mechanism_fail(s, mechanism_failure_of(result));
}
