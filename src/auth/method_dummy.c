/* The method "dummy": everybody is let in after a while, so that a load test sees logins that take as long as real ones. */
#include <stdlib.h>

#include "auth/later.h"
#include "auth/method.h"
#include "auth/partner.h"
#include "base/codec.h"
#include "base/mem.h"

/* A question that waits. */
struct pause {
	struct later_item item;
	struct letter letter;
	struct question *question;
};

static bool is_same(const struct config_auth *a, const struct config_auth *b)
{
	return a->dummy->base_time_ms == b->dummy->base_time_ms && a->dummy->variance_ms == b->dummy->variance_ms;
}

static struct partner_size size(const struct config_auth *auth)
{
	(void)auth;
	return (struct partner_size){0};
}

static bool start_clock(struct partner *p, struct why *why)
{
	(void)why;
	p->state = later_start();
	return true;
}

static void finish_clock(struct partner *p)
{
	later_finish(p->state);
}

static void stop_clock(struct partner *p)
{
	struct later *d = p->state;

	later_stop(&d);
	p->state = NULL;
}

static const struct partner_def waiting_room = {
	.name = "clock",
	.is_same = is_same,
	.size = size,
	.open = start_clock,
	.finish = finish_clock,
	.close = stop_clock,
};

static void on_due(struct letter *l)
{
	struct pause *p = container_of(l, struct pause, letter);
	struct question *q = p->question;

	free(p);
	partner_release(q);
	question_answer(q, ERR_NONE);
}

static void check_password(struct question *q)
{
	const struct config_auth_dummy *d = q->auth->dummy;
	struct partner *room = partner_take(q, &waiting_room);
	struct pause *p;
	uint32_t random;

	if (!room) {
		question_answer_later(q, ERR_SYSTEM);
		return;
	}
	codec_random(&random, sizeof random);
	p = mem_new(sizeof(*p));
	p->question = q;
	p->letter.run = on_due;
	later_post(room->state, &p->item, q->job.reply_to, &p->letter, (uint64_t)d->base_time_ms + random % (uint64_t)d->variance_ms);
}

static void exists(struct question *q)
{
	question_answer_later(q, ERR_NONE);
}

static unsigned serves(const struct config_auth *auth)
{
	(void)auth;
	return METHOD_PASSWORDS;
}

const struct method method_dummy = {
	.serves = serves,
	.ask = {
		[QUESTION_CHECK_PASSWORD] = check_password,
		[QUESTION_EXISTS] = exists,
	},
	.partner = &waiting_room,
	.has_everybody = true,
};
