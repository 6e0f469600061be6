#include "link/s2s/s2s_verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/s2s/s2s_in.h"
#include "link/s2s/s2s_out.h"

static struct str copy(char **room, struct str s)
{
	struct str made = {*room, s.len};

	if (s.len)
		memcpy(*room, s.data, s.len);
	*room += s.len;
	return made;
}

struct s2s_verify *s2s_verify_new(const struct s2s_verify *like)
{
	struct s2s_verify *v = mem_new(sizeof(*v) + like->local.len + like->remote.len + like->id.len + like->key.len);
	char *room = (char *)(v + 1);

	*v = *like;
	list_init(&v->link);
	v->local = copy(&room, like->local);
	v->remote = copy(&room, like->remote);
	v->id = copy(&room, like->id);
	v->key = copy(&room, like->key);
	return v;
}

static void on_asked(struct letter *l)
{
	s2s_out_verify(container_of(l, struct s2s_verify, letter));
}

static void on_answered(struct letter *l)
{
	struct s2s_verify *v = container_of(l, struct s2s_verify, letter);

	s2s_in_verified(v->asker, v);
	free(v);
}

void s2s_verify_ask(struct s2s_verify *v)
{
	v->letter.run = on_asked;
	mailbox_post(&v->home->loop->mailbox, &v->letter);
}

/* Always by mail: the stream that asked does not expect it from within. */
void s2s_verify_answer(struct s2s_verify *v, enum s2s_verdict verdict)
{
	v->verdict = (uint8_t)verdict;
	v->letter.run = on_answered;
	mailbox_post(&v->asker->loop->mailbox, &v->letter);
}
