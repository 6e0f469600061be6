/* Delivery rules: builtin_test.c. */
#include "route/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/bed.h"
#include "support/bed_accounts.h"

static int opened, closing, user_states_freed, session_states_freed;
static struct session *last_closing;
static const struct module_def mod_slots;

static void on_opened(const struct module *m, struct session *s)
{
	assert_ptr_equal(m->def, &mod_slots);
	assert_ptr_equal(user_find_session(s->user, jid_resource(s->address)), s);
	assert_null(*session_slot(s, &mod_slots));
	*session_slot(s, &mod_slots) = s;
	*user_slot(s->user, &mod_slots) = s->user;
	opened++;
}

/* What a closing hook sends is on its way only when the session is gone. */
static void on_closing(const struct module *m, struct session *s)
{
	struct stanza *bye = stanza_from_text(STR("<presence type='unavailable'/>"), "jabber:client");

	assert_ptr_equal(m->def, &mod_slots);
	assert_non_null(s->user);
	assert_null(s->outlet);
	router_send(s->registry, bye, s->address, bed_jid("watcher@localhost/w"));
	stanza_unref(&bye);
	last_closing = s;
	closing++;
}

static void on_user_free(struct user *u, void *state)
{
	assert_ptr_equal(state, u);
	user_states_freed++;
}

static void on_session_free(struct session *s, void *state)
{
	assert_ptr_equal(state, s);
	session_states_freed++;
}

static const struct module_def mod_slots = {
	.name = "mod_slots", .summary = "", .session_opened = on_opened, .session_closing = on_closing,
	.has_user_state = true, .has_session_state = true, .user_free = on_user_free, .session_free = on_session_free,
};
static const struct module_def *const defs[] = {&bed_waiter, &mod_slots, NULL};

static const char toml[] = "[general]\nhosts = [\"localhost\"]\ndefault_server_domain = \"localhost\"\n"
			   "[acl]\nfew = [{user = \"few\"}]\nmany = [{user = \"many\"}]\nnone_allowed = [{user = \"mallory\"}]\n"
			   "[access]\nmax_user_sessions = [{acl = \"few\", value = 2}, {acl = \"many\", value = \"infinity\"}]\n"
			   "c2s = [{acl = \"none_allowed\", value = \"deny\"}, {acl = \"all\", value = \"allow\"}]\n";

static struct bed b;
static struct bed_peer *watcher;

static int open_bed(void **state)
{
	(void)state;
	bed_open(&b, 1, defs, toml);
	watcher = bed_login(&b, "watcher@localhost/w");
	opened = closing = user_states_freed = session_states_freed = 0;
	return 0;
}

static int close_bed(void **state)
{
	(void)state;
	bed_logout(watcher);
	assert_int_equal(b.registries[0]->users.count, 0);
	assert_int_equal(b.registries[0]->sessions.count, 0);
	bed_close(&b);
	return 0;
}

static void opens_and_closes(void **state)
{
	struct bed_peer *p = bed_login(&b, "alice@localhost/a");
	struct session *s = p->session;

	(void)state;
	assert_int_equal(opened, 1);
	assert_int_equal(b.registries[0]->session_count, 2);
	assert_true(s->opened_s > 0);
	assert_false(user_is_reachable(s->user));
	assert_ptr_equal(registry_find_session(b.registries[0], s->id), s);
	session_ref(s);
	bed_logout(p);
	assert_null(s->user);
	assert_int_equal(closing, 1);
	assert_int_equal(user_states_freed, 1);
	assert_int_equal(session_states_freed, 0);
	assert_null(registry_find_user(b.registries[0], STR("alice@localhost")));
	assert_non_null(strstr(bed_take(watcher), "from='alice@localhost/a'"));
	/* It can still be sent to and told things; nothing comes of it. */
	session_deliver_text(s, STR("<message/>"));

	struct stanza *presence = stanza_from_text(STR("<presence/>"), "jabber:client");

	assert_false(session_set_presence(s, presence));
	assert_null(s->presence);
	router_receive(s, presence);
	session_kick(s, STREAM_ERROR_RESET, "late");
	session_unref(&s);
	assert_int_equal(session_states_freed, 1);
}

static void asks_the_access_rule(void **state)
{
	struct session_opening o = {.address = bed_jid("mallory@localhost/m"), .access = STR("c2s")};
	struct session *s;

	(void)state;
	assert_int_equal(session_open(b.registries[0], &o, &s), STANZA_ERROR_NOT_ALLOWED);
	assert_null(s);
	o.address = bed_jid("alice@localhost/a");
	assert_int_equal(session_open(b.registries[0], &o, &s), STANZA_ERROR_NONE);
	session_close(s);
	o.address = bed_jid("alice@elsewhere/a");
	assert_int_equal(session_open(b.registries[0], &o, &s), STANZA_ERROR_NOT_ALLOWED);
	o = (struct session_opening){.address = bed_jid("alice@localhost/a"), .access = STR("undefined")};
	assert_int_equal(session_open(b.registries[0], &o, &s), STANZA_ERROR_NOT_ALLOWED);
	assert_null(registry_find_user(b.registries[0], STR("mallory@localhost")));
}

static void replaces_one_with_the_same_resource(void **state)
{
	(void)state;
	for (int at_once = 0; at_once < 2; at_once++) {
		struct bed_peer *old = bed_login(&b, "alice@localhost/a:b"), *new;

		old->closes_in_end = at_once;
		closing = 0;
		new = bed_login(&b, "alice@localhost/a:b");
		assert_int_equal(old->ended, STREAM_ERROR_CONFLICT);
		assert_int_equal(closing, 1);
		assert_int_equal(new->ended, STREAM_ERROR_NONE);
		assert_int_equal(new->session->user->session_count, 1);
		assert_int_equal(session_states_freed, at_once ? 3 : 0);
		bed_send(watcher, bed_stanza("message", "", "alice@localhost/a:b", "1"));
		assert_int_equal(new->got_count, 1);
		assert_int_equal(old->got_count, 0);
		bed_logout(old);
		bed_logout(new);
		assert_int_equal(closing, 2);
	}
	assert_int_equal(session_states_freed, 4);
}

static void keeps_to_the_number_of_sessions(void **state)
{
	struct bed_peer *few[4], *many[105], *some[101];
	char full[64];

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(full, sizeof(full), "few@localhost/%d", i);
		few[i] = bed_login(&b, full);
		assert_int_equal(few[i]->session->user->session_count, i < 2 ? i + 1 : 2);
	}
	assert_int_equal(few[0]->ended, STREAM_ERROR_CONFLICT);
	assert_int_equal(few[1]->ended, STREAM_ERROR_CONFLICT);
	assert_int_equal(few[2]->ended, STREAM_ERROR_NONE);
	for (int i = 0; i < 105; i++) {
		snprintf(full, sizeof(full), "many@localhost/%d", i);
		many[i] = bed_login(&b, full);
	}
	assert_int_equal(many[0]->session->user->session_count, 105);
	for (int i = 0; i < 101; i++) {
		snprintf(full, sizeof(full), "some@localhost/%d", i);
		some[i] = bed_login(&b, full);
	}
	assert_int_equal(some[0]->ended, STREAM_ERROR_CONFLICT);
	assert_int_equal(some[1]->session->user->session_count, 100);
	for (int i = 0; i < 4; i++)
		bed_logout(few[i]);
	for (int i = 0; i < 105; i++)
		bed_logout(many[i]);
	for (int i = 0; i < 101; i++)
		bed_logout(some[i]);
}

static void notes_presence(void **state)
{
	static const struct {
		const char *xml;
		int priority;
		bool is_there, result;
	} steps[] = {
		{"<presence><priority>-5</priority></presence>", -5, true, false},
		{"<presence><priority>-1</priority></presence>", -1, true, false},
		{"<presence/>", 0, true, true},
		{"<presence><priority>\n 127 </priority></presence>", 127, true, false},
		{"<presence type='unavailable'><priority>3</priority></presence>", 0, false, false},
		{"<presence><priority>128</priority></presence>", 0, true, true},
		{"<presence><priority>-128</priority></presence>", -128, true, false},
		{"<presence><priority>x</priority><status/></presence>", 0, true, true},
	};
	struct bed_peer *p = bed_login(&b, "alice@localhost/a");

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct stanza *s = stanza_from_text(str_from(steps[i].xml), "jabber:client");

		assert_int_equal(session_set_presence(p->session, s), steps[i].result);
		assert_int_equal(p->session->priority, steps[i].priority);
		assert_ptr_equal(p->session->presence, steps[i].is_there ? s : NULL);
		assert_int_equal(user_is_reachable(p->session->user), steps[i].is_there && steps[i].priority >= 0);
		stanza_unref(&s);
	}
	bed_logout(p);
}

static void delivers_text(void **state)
{
	struct bed_peer *p = bed_login(&b, "alice@localhost/a");

	(void)state;
	session_deliver_text(p->session, STR("<iq type='set' id='push' to='alice@localhost/a'><x xmlns='y'/></iq>"));
	assert_string_equal(bed_take(p), "<iq to='alice@localhost/a' type='set' id='push'><x xmlns='y'/></iq>\n");
	bed_logout(p);
}

static void is_kicked_in_the_middle_of_a_call(void **state)
{
	struct bed_peer *p = bed_login(&b, "alice@localhost/a");

	(void)state;
	bed_wait_at(SIDE_SENDER, STAGE_COPY);
	bed_send(p, bed_stanza("message", "", "watcher@localhost/w", "wait-1"));
	bed_send(p, bed_stanza("message", "", "watcher@localhost/w", "2"));
	session_kick(p->session, STREAM_ERROR_POLICY_VIOLATION, "out");
	assert_int_equal(p->ended, STREAM_ERROR_POLICY_VIOLATION);
	bed_logout(p);
	assert_int_equal(session_states_freed, 0); /* calls refer to it */
	bed_resume(ANSWER_PASS);
	assert_int_equal(watcher->got_count, 3);
	assert_int_equal(session_states_freed, 1);
}

#define IN_BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BED(opens_and_closes),
		IN_BED(asks_the_access_rule),
		IN_BED(replaces_one_with_the_same_resource),
		IN_BED(keeps_to_the_number_of_sessions),
		IN_BED(notes_presence),
		IN_BED(delivers_text),
		IN_BED(is_kicked_in_the_middle_of_a_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
