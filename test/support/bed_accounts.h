/* bed_accounts: the accounts of a bed, in place of auth/account. Include it in the file with main. */
#ifndef MEERKAT_SUPPORT_BED_ACCOUNTS_H
#define MEERKAT_SUPPORT_BED_ACCOUNTS_H

#include <stdlib.h>

#include "auth/account.h"
#include "base/list.h"
#include "base/mem.h"

struct bed_question {
	struct letter letter;
	account_done *done;
	void *context;
	bool exists;
};

static int bed_questions; /* how often somebody asked */
static bool bed_accounts_fail;

static void bed_answer(struct letter *l)
{
	struct bed_question *q = container_of(l, struct bed_question, letter);

	q->done(q->context, bed_accounts_fail ? ERR_SYSTEM : q->exists ? ERR_NONE : ERR_NOT_FOUND);
	free(q);
}

void account_exists(struct account_asker asker, struct jid who, account_done *done)
{
	struct bed_question *q = mem_new(sizeof(*q));

	bed_questions++;
	*q = (struct bed_question){{NULL, bed_answer}, done, asker.context, !str_starts_with(jid_local(who), STR("no"))};
	mailbox_post(asker.reply_to, &q->letter);
}

#endif
