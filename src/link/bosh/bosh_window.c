/* XEP-0124 §9 (acknowledgements), §14.2 (in order), §14.3 (broken connections) */
#include "link/bosh/bosh_window.h"

#include <stdlib.h>

#include "base/check.h"

enum { REQUESTS = BOSH_ANSWER_REQUESTS };

void bosh_window_init(struct bosh_window *w, uint64_t rid)
{
	*w = (struct bosh_window){.expected = rid};
}

void bosh_window_fini(struct bosh_window *w)
{
	check(bosh_window_is_empty(w));
	for (int i = 0; i < REQUESTS; i++)
		free(w->kept[i].text);
}

static char *copy_text(const char *text)
{
	return str_dup(str_from(text));
}

static void keep(struct bosh_window *w, uint64_t rid, const char *text, uint64_t now_ms)
{
	free(w->kept[0].text);
	for (int i = 0; i + 1 < REQUESTS; i++)
		w->kept[i] = w->kept[i + 1];
	w->kept[REQUESTS - 1] = (struct bosh_answer_kept){rid, copy_text(text), now_ms};
}

static void let_go(struct bosh_window *w, int at)
{
	for (; at + 1 < REQUESTS; at++)
		w->held[at] = w->held[at + 1];
	w->held[REQUESTS - 1] = NULL;
}

bool bosh_window_repeats(struct bosh_window *w, struct bosh_request *r)
{
	for (int i = 0; i < REQUESTS; i++) {
		struct bosh_request *old = w->held[i];

		if (w->kept[i].rid == r->body.rid && w->kept[i].text) {
			bosh_request_answer(r, copy_text(w->kept[i].text));
			return true;
		}
		if (old && old->body.rid == r->body.rid) {
			r->since_ms = old->since_ms;
			w->held[i] = r;
			bosh_request_answer(old, bosh_request_terminate_text("item-not-found"));
			return true;
		}
	}
	return false;
}

bool bosh_window_put_early(struct bosh_window *w, struct bosh_request *r)
{
	if (r->body.rid != w->expected + 1 || w->early)
		return false;
	w->early = r;
	return true;
}

struct bosh_request *bosh_window_take_early(struct bosh_window *w)
{
	struct bosh_request *r = w->early;

	if (!r || r->body.rid != w->expected)
		return NULL;
	w->early = NULL;
	return r;
}

void bosh_window_hold(struct bosh_window *w, struct bosh_request *r, uint64_t now_ms)
{
	int at = 0;

	check(!bosh_window_is_full(w));
	while (w->held[at])
		at++;
	r->since_ms = now_ms;
	w->held[at] = r;
}

void bosh_window_answer(struct bosh_window *w, char *text, uint64_t now_ms)
{
	struct bosh_request *r = w->held[0];

	let_go(w, 0);
	keep(w, r->body.rid, text, now_ms);
	bosh_request_answer(r, text);
}

void bosh_window_note_ack(struct bosh_window *w, int64_t ack, uint64_t now_ms)
{
	for (int i = 0; ack > 0 && i < REQUESTS && !w->report; i++)
		if (w->kept[i].rid > (uint64_t)ack) {
			w->report = w->kept[i].rid;
			w->report_ms = now_ms - w->kept[i].sent_ms;
		}
}

static bool is_gone(const struct bosh_request *r)
{
	return r && atomic_load(&r->is_gone);
}

bool bosh_window_forget_gone(struct bosh_window *w, uint64_t now_ms)
{
	bool is_any = is_gone(w->early);

	if (is_any) {
		bosh_request_answer(w->early, NULL);
		w->early = NULL;
	}
	for (int i = REQUESTS - 1; i >= 0; i--) {
		struct bosh_request *r = w->held[i];

		if (!is_gone(r))
			continue;
		let_go(w, i);
		keep(w, r->body.rid, bosh_answer_nothing, now_ms);
		bosh_request_answer(r, NULL);
		is_any = true;
	}
	return is_any;
}
