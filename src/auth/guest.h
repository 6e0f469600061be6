/* guest: who is here without an account (auth.anonymous): how many sessions each such name has.
 *
 * A guest's name is taken while a session of it is here. Everything that was stored for it goes with the last one, before the name is free
 * again. Addresses are bare. Threads: any. Test: test/unit/auth/guest_test.c */
#ifndef MEERKAT_AUTH_GUEST_H
#define MEERKAT_AUTH_GUEST_H

#include "auth/account.h"

struct guest_list;

struct guest_list *guest_list_new(void);
/* All are gone. */
void guest_list_free(struct guest_list **g);

/* A session has begun. */
void guest_arrive(const struct account_service *s, struct jid who);
/* A session has ended. `reply_to` is the caller's mailbox. */
void guest_leave(const struct account_service *s, struct jid who, struct mailbox *reply_to);
bool guest_is_here(const struct account_service *s, struct jid who);

/* Steps of a job: deletes what is stored for a name, and fails with ERR_EXISTS if that is an account's. */
void guest_clear(struct store_job *job, struct str name);

#endif
