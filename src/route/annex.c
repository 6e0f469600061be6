#include "route/annex.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "route/host.h"

/* Of one loop. */
struct annexes {
	struct map domains; /* of struct annex_domain, the same on every loop but for changes that are on their way */
	struct map links;   /* of struct annex_link, those of this loop, by id */
	size_t prefixes;    /* domains that are prefixes */
	uint32_t opened;    /* links, ever */
};

/* A change on its way round. */
struct change {
	struct letter letter;
	struct registry *at;   /* on whose loop it is */
	struct registry *home; /* the link's */
	struct annex_place place;
	bool is_removal, is_prefix, is_hidden;
	bool is_home, is_refused;
	uint8_t conflict;
	uint32_t key_len;
	char key[];
};

static struct str domain_key(const void *value)
{
	return ((const struct annex_domain *)value)->key;
}

static struct str link_key(const void *value)
{
	const struct annex_link *l = value;

	return str_make((const char *)&l->id, sizeof(l->id));
}

static struct annexes *get(struct registry *r)
{
	if (!r->annexes) {
		r->annexes = mem_new(sizeof(*r->annexes));
		map_init(&r->annexes->domains, domain_key);
		map_init(&r->annexes->links, link_key);
	}
	return r->annexes;
}

static struct annex_link *find_link(const struct registry *r, uint32_t id)
{
	return r->annexes ? map_find(&r->annexes->links, str_make((const char *)&id, sizeof(id))) : NULL;
}

static struct str key_of(const struct change *ch)
{
	return str_make(ch->key, ch->key_len);
}

/* ---- the table ---- */

/* NAME.HOST, where NAME is a prefix and HOST one of ours. */
static struct annex_domain *find_by_prefix(const struct registry *r, struct str domain)
{
	for (size_t i = 1; i + 1 < domain.len; i++) {
		if (domain.data[i] != '.' || !host_find(r->hosts, str_make(domain.data + i + 1, domain.len - i - 1)))
			continue;

		struct annex_domain *d = map_find(&r->annexes->domains, str_make(domain.data, i + 1));

		if (d)
			return d;
	}
	return NULL;
}

const struct annex_domain *annex_find(const struct registry *r, struct str domain)
{
	struct annex_domain *d = r->annexes ? map_find(&r->annexes->domains, domain) : NULL;

	return d || !r->annexes || !r->annexes->prefixes ? d : find_by_prefix(r, domain);
}

const struct annex_domain *annex_next(const struct registry *r, size_t *cursor)
{
	return r->annexes ? map_next(&r->annexes->domains, cursor) : NULL;
}

static struct annex_domain *new_domain(struct registry *r, const struct change *ch)
{
	struct annex_domain *d = mem_new(sizeof(*d) + ch->key_len);
	char *key = (char *)(d + 1);

	memcpy(key, ch->key, ch->key_len);
	d->key = str_make(key, ch->key_len);
	d->is_prefix = ch->is_prefix;
	map_add(&r->annexes->domains, d);
	r->annexes->prefixes += d->is_prefix;
	return d;
}

static void free_domain(struct registry *r, struct annex_domain *d)
{
	map_take(&r->annexes->domains, d->key);
	r->annexes->prefixes -= d->is_prefix;
	free(d->places);
	free(d);
}

/* ---- changes ---- */

/* Would the prefix be in the way of somebody who has the whole name? */
static bool prefix_is_taken(const struct registry *r, struct str key)
{
	struct buf whole;
	bool is_taken = false;

	buf_init(&whole);
	for (size_t i = 0; i < r->hosts->count && !is_taken; i++) {
		buf_clear(&whole);
		buf_append_str(&whole, key);
		buf_append_str(&whole, r->hosts->hosts[i].name);
		is_taken = host_find(r->hosts, buf_str(&whole)) || (r->annexes && map_find(&r->annexes->domains, buf_str(&whole)));
	}
	buf_fini(&whole);
	return is_taken;
}

/* At loop 0, for all. */
static bool is_taken(const struct change *ch)
{
	const struct registry *r = ch->at;
	const struct annex_domain *d = r->annexes ? map_find(&r->annexes->domains, key_of(ch)) : NULL;

	if (ch->is_prefix ? prefix_is_taken(r, key_of(ch)) : host_find(r->hosts, key_of(ch)) != NULL)
		return true;
	if (!d)
		return !ch->is_prefix && annex_find(r, key_of(ch));
	return ch->conflict == ANNEX_REFUSE || (ch->conflict == ANNEX_SHARE && d->conflict != ANNEX_SHARE);
}

/* It is no longer anybody's business what it had. */
static void forget_link(struct annex_link *l)
{
	map_take(&l->registry->annexes->links, link_key(l));
	l->registry = NULL;
	free(l->key);
	l->key = NULL;
}

static void replace_all(struct registry *r, struct annex_domain *d)
{
	uint32_t count = d->count;

	d->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct annex_link *l = d->places[i].registry == r->index ? find_link(r, d->places[i].id) : NULL;

		if (!l)
			continue;
		forget_link(l);
		l->ops->replaced(l);
	}
}

static void add(struct registry *r, const struct change *ch)
{
	struct annex_domain *d = map_find(&r->annexes->domains, key_of(ch));

	if (!d)
		d = new_domain(r, ch);
	else if (ch->conflict == ANNEX_REPLACE)
		replace_all(r, d);
	d->is_hidden = ch->is_hidden;
	d->conflict = ch->conflict;
	d->places = mem_resize(d->places, (d->count + 1) * sizeof(*d->places));
	d->places[d->count++] = ch->place;
}

static void take_away(struct registry *r, const struct change *ch)
{
	struct annex_domain *d = map_find(&r->annexes->domains, key_of(ch));

	for (uint32_t i = 0; d && i < d->count; i++)
		if (d->places[i].id == ch->place.id) {
			d->places[i] = d->places[--d->count];
			break;
		}
	if (d && d->count == 0)
		free_domain(r, d);
}

static void go_to(struct change *ch, struct registry *r)
{
	ch->at = r;
	mailbox_post(r->mailbox, &ch->letter);
}

/* When the news is here, or the first stanza, which can be faster. */
static void open_link(struct annex_link *l)
{
	if (l->is_open)
		return;
	l->is_open = true;
	l->ops->opened(l);
}

/* The link may have gone meanwhile; then its removal is under way, too. */
static void arrive(struct change *ch)
{
	struct annex_link *l = find_link(ch->home, ch->place.id);

	if (!l)
		return;
	if (ch->is_refused) {
		forget_link(l);
		l->ops->refused(l);
	} else {
		open_link(l);
	}
}

static void on_change(struct letter *letter)
{
	struct change *ch = container_of(letter, struct change, letter);
	struct registry *r = ch->at;
	struct realm *realm = r->realm;

	if (ch->is_home) {
		arrive(ch);
		free(ch);
		return;
	}
	ch->is_refused = !ch->is_removal && r->index == 0 && is_taken(ch);
	get(r);
	if (ch->is_removal)
		take_away(r, ch);
	else if (!ch->is_refused)
		add(r, ch);
	ch->is_home = ch->is_refused || r->index + 1 == realm->count;
	if (ch->is_home && ch->is_removal)
		free(ch);
	else
		go_to(ch, ch->is_home ? ch->home : realm->registries[r->index + 1]);
}

static struct change *new_change(const struct annex_link *l, size_t key_len)
{
	struct change *ch = mem_new(sizeof(*ch) + key_len);

	ch->letter.run = on_change;
	ch->home = l->registry;
	ch->place = (struct annex_place){l->id, l->registry->index};
	ch->key_len = (uint32_t)key_len;
	memcpy(ch->key, l->key, key_len);
	return ch;
}

/* ---- links ---- */

void annex_open(struct annex_link *l, const struct annex_ops *ops, struct registry *r, const struct annex_offer *o)
{
	size_t len = o->name.len + (o->is_prefix ? 1 : 0);
	struct annexes *all = get(r);

	*l = (struct annex_link){.ops = ops, .registry = r, .key = mem_new(len + 1)};
	memcpy(l->key, o->name.data, o->name.len);
	if (o->is_prefix)
		l->key[o->name.len] = '.';
	do
		l->id = ++all->opened * (uint32_t)r->realm->count + (uint32_t)r->index;
	while (l->id == 0 || find_link(r, l->id));
	map_add(&all->links, l);

	struct change *ch = new_change(l, len);

	ch->is_prefix = o->is_prefix;
	ch->is_hidden = o->is_hidden;
	ch->conflict = (uint8_t)o->conflict;
	go_to(ch, r->realm->registries[0]);
}

void annex_close(struct annex_link *l)
{
	struct change *ch;

	if (!l->registry)
		return;
	ch = new_change(l, strlen(l->key));
	ch->is_removal = true;
	/* On this loop at once: what comes for it here finds another connection, if there is one. */
	take_away(l->registry, ch);
	go_to(ch, l->registry->realm->registries[0]);
	forget_link(l);
}

/* ---- calls ---- */

/* The one with the highest score: when a connection comes or goes, only its own senders change. */
static const struct annex_place *choose_place(const struct annex_domain *d, struct jid from)
{
	const struct annex_place *best = &d->places[0];
	uint64_t sender = d->count > 1 ? str_hash(jid_bare_str(from)) : 0, high = 0;

	for (uint32_t i = 0; d->count > 1 && i < d->count; i++) {
		uint64_t pair[] = {sender, d->places[i].id}, score = str_hash(str_make((const char *)pair, sizeof(pair)));

		if (score < high)
			continue;
		high = score;
		best = &d->places[i];
	}
	return best;
}

struct registry *annex_choose(struct call *c)
{
	const struct annex_domain *d = annex_find(c->registry, jid_domain(c->to));

	if (!d)
		return NULL;

	const struct annex_place *p = choose_place(d, c->from);

	c->annex = p->id;
	return c->registry->realm->registries[p->registry];
}

bool annex_deliver(struct call *c, enum stanza_error *error_out)
{
	struct annex_link *l = find_link(c->registry, c->annex);

	if (!l)
		return false;
	open_link(l);
	*error_out = l->ops->send(l, c->stanza, c->from, c->to);
	return true;
}

void annex_free_all(struct registry *r)
{
	struct annexes *all = r->annexes;
	struct annex_domain *d;
	size_t cursor = 0;

	if (!all)
		return;
	check(all->links.count == 0);
	while ((d = map_next(&all->domains, &cursor))) {
		free(d->places);
		free(d);
	}
	map_fini(&all->domains);
	map_fini(&all->links);
	free(all);
	r->annexes = NULL;
}
