#include "support/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "auth/revocation.h"
#include "base/log.h"
#include "base/mem.h"
#include "xmpp/ns.h"

static const char usual_toml[] = "[general]\nhosts = [\"localhost\"]\ndefault_server_domain = \"localhost\"\n";

static void write_config(const char *path, const struct module_def *const *defs, const char *toml)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(toml ? toml : usual_toml, f);
	for (; *defs; defs++)
		fprintf(f, "[modules.%s]\n", (*defs)->name);
	assert_int_equal(fclose(f), 0);
}

const struct config *bed_config(const struct module_def *const *defs, const char *toml)
{
	static const struct option no_option = {.key = NULL};
	static const struct option_table no_options = {.options = &no_option};
	static struct config_module known[64]; /* the configuration keeps pointers to these */
	struct config_known all = {.modules = known};
	char folder[AWAIT_FOLDER_MAX], path[AWAIT_FOLDER_MAX + 16];
	struct buf report;

	for (size_t i = 0; defs[i]; i++)
		known[all.module_count++] =
			(struct config_module){defs[i]->name, defs[i]->options ? defs[i]->options : &no_options, defs[i]->summary};
	await_folder_make(folder);
	snprintf(path, sizeof(path), "%s/meerkat.toml", folder);
	write_config(path, defs, toml);
	buf_init(&report);

	struct config *c = config_load(path, &all, (struct config_flags){0}, &report);

	if (!c)
		fail_msg("%.*s", STR_ARGS(buf_str(&report)));
	buf_fini(&report);
	await_folder_remove(folder);
	return c;
}

void bed_open(struct bed *b, int loops, const struct module_def *const *defs, const char *toml)
{
	struct why why;

	log_set_level(LOG_WARN);
	*b = (struct bed){.realm = {.registries = b->registries, .count = loops, .accounts.revocations = revocation_list_new()}};
	module_number(defs);
	b->config = bed_config(defs, toml);
	b->hosts = host_set_new(b->config, defs, &why);
	if (!b->hosts)
		fail_msg("%s", why.text);
	for (int i = 0; i < loops; i++) {
		mailbox_init(&b->mailboxes[i]);
		b->wheels[i] = timer_wheel_new(0);
		b->registries[i] = registry_new(i, &b->realm, &b->mailboxes[i], b->wheels[i], b->hosts);
	}
}

void bed_close(struct bed *b)
{
	bed_settle(b);
	for (int i = 0; i < b->realm.count; i++) {
		registry_free(&b->registries[i]);
		timer_wheel_free(&b->wheels[i]);
		mailbox_fini(&b->mailboxes[i]);
	}
	host_set_unref(&b->hosts);
	config_unref(&b->config);
	revocation_list_free(&b->realm.accounts.revocations);
}

static bool has_letters(struct mailbox *m)
{
	return m->taken || atomic_load(&m->newest);
}

void bed_settle(struct bed *b)
{
	struct registry *outer = registry_current();

	for (bool moved = true; moved;) {
		moved = false;
		for (int i = 0; i < b->realm.count; i++) {
			moved |= has_letters(&b->mailboxes[i]);
			registry_set_current(b->registries[i]);
			mailbox_drain(&b->mailboxes[i], 1000);
			registry_end_turn(b->registries[i]);
		}
		for (int i = 0; i < b->realm.count; i++)
			moved |= has_letters(&b->mailboxes[i]);
	}
	registry_set_current(outer);
}

struct jid bed_jid(const char *prepared)
{
	struct arena a;
	struct jid j;

	/* Prepared text is not copied, so the arena stays empty. */
	arena_init(&a, 0);
	assert_true(jid_parse(&j, str_from(prepared), &a));
	assert_ptr_equal(j.text, prepared);
	arena_fini(&a);
	return j;
}

static void on_send(struct outlet *o, const struct stanza *s, struct jid from, struct jid to)
{
	struct bed_peer *p = container_of(o, struct bed_peer, outlet);

	writer_stanza(&p->got, s, from, to, NS_CLIENT, false);
	buf_append_char(&p->got, '\n');
	p->got_count++;
}

static void on_end(struct outlet *o, enum stream_error e, const char *text)
{
	struct bed_peer *p = container_of(o, struct bed_peer, outlet);

	assert_non_null(text);
	p->ended = e;
	if (p->closes_in_end) {
		session_close(p->session);
		p->session = NULL;
	}
}

static void on_resume(struct outlet *o)
{
	container_of(o, struct bed_peer, outlet)->resumed++;
}

static const struct outlet_ops peer_ops = {.send = on_send, .end = on_end, .resume = on_resume};

struct bed_peer *bed_login(struct bed *b, const char *full)
{
	struct bed_peer *p = mem_new(sizeof(*p));
	struct session_opening o = {.address = bed_jid(full), .outlet = &p->outlet, .access = STR("all")};

	p->outlet.ops = &peer_ops;
	buf_init(&p->got);
	assert_int_equal(session_open(realm_home_of(&b->realm, jid_bare_str(o.address)), &o, &p->session), STANZA_ERROR_NONE);
	return p;
}

void bed_logout(struct bed_peer *p)
{
	if (p->session)
		session_close(p->session);
	buf_fini(&p->got);
	free(p);
}

struct bed_peer *bed_come(struct bed *b, const char *full, int priority)
{
	struct bed_peer *p = bed_login(b, full);
	char xml[64];

	snprintf(xml, sizeof(xml), "<presence><priority>%d</priority></presence>", priority);

	struct stanza *s = stanza_from_text(str_from(xml), NS_CLIENT);

	assert_int_equal(session_set_presence(p->session, s), priority >= 0);
	stanza_unref(&s);
	return p;
}

void bed_send(struct bed_peer *p, const char *xml)
{
	struct stanza *s = stanza_from_text(str_from(xml), NS_CLIENT);

	stanza_stamp(s, p->session->address);
	assert_true(stanza_address(s));
	router_receive(p->session, s);
}

const char *bed_take(struct bed_peer *p)
{
	static char text[65536];
	struct str got = buf_str(&p->got);

	assert_true(got.len < sizeof(text));
	memcpy(text, got.data ? got.data : "", got.len);
	text[got.len] = '\0';
	buf_clear(&p->got);
	return text;
}

const char *bed_stanza(const char *kind, const char *type, const char *to, const char *id)
{
	static char text[4096];
	const char *payload = strcmp(kind, "iq") == 0 ? "<query xmlns='urn:test:unknown'/>" : "";
	bool is_request = strcmp(type, "get") == 0 || strcmp(type, "set") == 0;

	snprintf(text, sizeof(text), "<%s id='%s'%s%s%s%s%s%s>%s</%s>", kind, id, *type ? " type='" : "", type, *type ? "'" : "",
		 *to ? " to='" : "", to, *to ? "'" : "", is_request ? payload : "", kind);
	return text;
}

static struct {
	enum side side;
	enum stage stage;
	struct call *waiting[256];
	size_t count;
} waits;

void bed_wait_at(enum side side, enum stage stage)
{
	waits.side = side;
	waits.stage = stage;
	waits.count = 0;
}

size_t bed_waiting(void)
{
	return waits.count;
}

void bed_resume(enum answer a)
{
	struct call *first = waits.waiting[0];

	assert_true(waits.count > 0);
	waits.count--;
	memmove(waits.waiting, waits.waiting + 1, waits.count * sizeof(waits.waiting[0]));
	call_resume(first, a);
}

static enum answer wait_if_told(struct call *c, const struct module *m)
{
	assert_ptr_equal(m->def, &bed_waiter);
	if (c->side != waits.side || c->stage != waits.stage || c->stanza->type == STANZA_TYPE_ERROR ||
	    !str_starts_with(stanza_id_raw(c->stanza), STR("wait")))
		return ANSWER_PASS;
	assert_true(waits.count < sizeof(waits.waiting) / sizeof(waits.waiting[0]));
	waits.waiting[waits.count++] = c;
	return ANSWER_LATER;
}

static enum answer note_presence(struct call *c, const struct module *m)
{
	(void)m;
	if (jid_is_set(c->to))
		return ANSWER_PASS;
	c->became_available = session_set_presence(c->session, c->stanza);
	return ANSWER_DONE;
}

enum { EVERY_KIND = 1 << STANZA_MESSAGE | 1 << STANZA_PRESENCE | 1 << STANZA_IQ };

static const struct module_hook waiter_hooks[] = {
	{wait_if_told, SIDE_SENDER, STAGE_ACCEPT, EVERY_KIND},    {wait_if_told, SIDE_SENDER, STAGE_RECORD, EVERY_KIND},
	{wait_if_told, SIDE_SENDER, STAGE_COPY, EVERY_KIND},      {wait_if_told, SIDE_SENDER, STAGE_DELIVER, EVERY_KIND},
	{wait_if_told, SIDE_SENDER, STAGE_AVAILABLE, EVERY_KIND}, {wait_if_told, SIDE_RECEIVER, STAGE_ACCEPT, EVERY_KIND},
	{wait_if_told, SIDE_RECEIVER, STAGE_RECORD, EVERY_KIND},  {wait_if_told, SIDE_RECEIVER, STAGE_COPY, EVERY_KIND},
	{wait_if_told, SIDE_RECEIVER, STAGE_DELIVER, EVERY_KIND}, {wait_if_told, SIDE_RECEIVER, STAGE_FALLBACK, EVERY_KIND},
	{note_presence, SIDE_SENDER, STAGE_DELIVER, 1 << STANZA_PRESENCE},
	{0},
};

const struct module_def bed_waiter = {.name = "mod_bed_waiter", .summary = "says LATER when told to, and notes presence", .hooks = waiter_hooks};
