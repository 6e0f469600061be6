#include "base/mailbox.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

void mailbox_init(struct mailbox *m)
{
	atomic_init(&m->newest, NULL);
	m->taken = NULL;
	m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	check(m->fd >= 0);
}

void mailbox_fini(struct mailbox *m)
{
	check(!m->taken && !atomic_load(&m->newest));
	close(m->fd);
	m->fd = -1;
}

static void wake(const struct mailbox *m)
{
	uint64_t one = 1;
	ssize_t written;

	do
		written = write(m->fd, &one, sizeof(one));
	while (written < 0 && errno == EINTR);
	/* EAGAIN: the counter is full, so the reader has been woken already. */
	check(written == sizeof(one) || errno == EAGAIN);
}

void mailbox_post(struct mailbox *m, struct letter *l)
{
	struct letter *before = atomic_load_explicit(&m->newest, memory_order_relaxed);

	/* From the exchange on the letter is the reader's: it is not touched again. */
	do
		l->next = before;
	while (!atomic_compare_exchange_weak_explicit(&m->newest, &before, l, memory_order_release, memory_order_relaxed));
	if (!before)
		wake(m);
}

/* Empties the writers' end and turns it round, so that the oldest comes first. */
static struct letter *take_all(struct mailbox *m)
{
	struct letter *l = atomic_exchange_explicit(&m->newest, NULL, memory_order_acquire), *oldest = NULL;

	while (l) {
		struct letter *older = l->next;

		l->next = oldest;
		oldest = l;
		l = older;
	}
	return oldest;
}

bool mailbox_drain(struct mailbox *m, size_t limit)
{
	uint64_t wakes;

	/* Before the letters are taken: one that is posted after that makes the fd readable again. */
	if (read(m->fd, &wakes, sizeof(wakes)) < 0)
		check(errno == EAGAIN || errno == EINTR);
	for (size_t run = 0; run < limit; run++) {
		struct letter *l = m->taken ? m->taken : take_all(m);

		if (!l)
			return false;
		m->taken = l->next;
		l->run(l);
	}
	return m->taken || atomic_load_explicit(&m->newest, memory_order_relaxed);
}

bool mailbox_is_empty(const struct mailbox *m)
{
	return !m->taken && !atomic_load_explicit(&m->newest, memory_order_acquire);
}
