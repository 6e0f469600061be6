/* The method "anonymous": users without account. Those who come with the mechanism ANONYMOUS get a name (anonymous.c) and are asked
 * nothing; here is who comes with a name of their own and any password (login_anon). */
#include "auth/guest.h"
#include "auth/method.h"

static bool is_here(const struct question *q)
{
	return guest_is_here(q->service, q->who);
}

static void on_cleared(struct store_job *job, void *context)
{
	enum err e = question_store_result(job);

	store_job_free(&job);
	/* Somebody has just registered the name. */
	question_answer(context, e == ERR_EXISTS ? ERR_ACCESS : e);
}

/* The other methods do not know the name. Whatever a guest of the same name has left in the store, as the server died before it could go,
 * is nothing to the new one. */
static void check_password(struct question *q)
{
	const struct config_auth_anonymous *a = q->auth->anonymous;
	struct store_job *job;

	if (a->protocol == CONFIG_SASL_ANON) {
		question_answer_later(q, ERR_NOT_FOUND);
	} else if (is_here(q)) {
		question_answer_later(q, a->allow_multiple_connections ? ERR_NONE : ERR_ACCESS);
	} else {
		job = question_store_job(q, on_cleared);
		guest_clear(job, question_owner(q));
		store_submit_post(job);
	}
}

static void exists(struct question *q)
{
	question_answer_later(q, is_here(q) ? ERR_NONE : ERR_NOT_FOUND);
}

static unsigned serves(const struct config_auth *auth)
{
	static const unsigned services[] = {
		[CONFIG_SASL_ANON] = METHOD_GUESTS, [CONFIG_LOGIN_ANON] = METHOD_PASSWORDS, [CONFIG_BOTH_ANON] = METHOD_GUESTS | METHOD_PASSWORDS,
	};

	return services[auth->anonymous->protocol];
}

const struct method method_anonymous = {
	.serves = serves,
	.ask = {
		[QUESTION_CHECK_PASSWORD] = check_password,
		[QUESTION_EXISTS] = exists,
	},
	.is_for_strangers = true,
};
