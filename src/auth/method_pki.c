/* The method "pki": whoever has a certificate that is good here has an account; nobody keeps a list of them. */
#include "auth/method.h"

static void say_yes(struct question *q)
{
	question_answer_later(q, ERR_NONE);
}

static unsigned serves(const struct config_auth *auth)
{
	(void)auth;
	return METHOD_CERTIFICATES;
}

const struct method method_pki = {
	.serves = serves,
	.ask = {
		[QUESTION_CHECK_CERTIFICATE] = say_yes,
		[QUESTION_EXISTS] = say_yes,
	},
	.has_everybody = true,
};
