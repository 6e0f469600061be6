/* journal: messages that were given to sessions and are not acknowledged yet, in the store, so that not even the end of the process loses
 * what their senders were told is safe.
 *
 * Kept per host, by account and in order. What happens in one turn of the loop is one job of the store. What a process has left behind the
 * next one gives to those who keep messages (keeping.h), before anybody can log in. Without such a module nothing is written.
 * Threads: the loop's; journal_recover: before the loops run. Tests: test/wire/45-resumption/ */
#ifndef MEERKAT_ROUTE_JOURNAL_H
#define MEERKAT_ROUTE_JOURNAL_H

#include "base/err.h"
#include "route/host.h"
#include "route/parcel.h"
#include "store/store.h"

/* At the end of the turn it is written; when that is durable, its debt is paid. */
void journal_keep(struct parcel *p);

/* Nobody needs it any more: neither here nor among what waits for the account. */
void journal_forget(struct parcel *p);

/* The same as steps of another job, which puts it elsewhere. */
void journal_move(struct parcel *p, struct store_job *job);

/* Hands over what is to be written: at the end of the turn, or where order matters. */
void journal_flush(struct registry *r);

/* What was not handed over is forgotten: the registry is about to go. */
void journal_free(struct registry *r);

/* What an earlier process has left behind goes to those who keep messages. */
must_use enum err journal_recover(struct store *store, const struct host_set *hosts, struct why *why);

#endif
