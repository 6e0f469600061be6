#include "route/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include "base/check.h"
#include "support/bed.h"
#include "support/bed_accounts.h"

static int user_states_freed;

static void on_user_free(struct user *u, void *state)
{
	assert_ptr_equal(u, state);
	user_states_freed++;
}

static enum answer mark(struct call *c, const struct module *m)
{
	assert_ptr_equal(m->host, c->user->host);
	*user_slot(c->user, m->def) = c->user;
	return ANSWER_PASS;
}

static const struct module_hook hooks[] = {{mark, SIDE_RECEIVER, STAGE_RECORD, 1 << STANZA_MESSAGE}, {0}};
static const struct module_def mod_mark = {.name = "mod_mark", .summary = "", .hooks = hooks, .has_user_state = true, .user_free = on_user_free};
static const struct module_def *const defs[] = {&bed_waiter, &mod_mark, NULL};

static struct bed b;

static int open_bed(void **state)
{
	(void)state;
	user_states_freed = 0;
	bed_open(&b, 1, defs, NULL);
	return 0;
}

static int close_bed(void **state)
{
	(void)state;
	bed_close(&b);
	return 0;
}

static void users_stay_while_something_keeps_them(void **state)
{
	struct registry *r = b.registries[0];
	struct user *u = registry_get_user(r, bed_jid("alice@localhost/any"));

	(void)state;
	assert_int_equal(u->address.resource_len, 0);
	assert_ptr_equal(registry_get_user(r, bed_jid("alice@localhost")), u);
	assert_ptr_equal(registry_find_user(r, STR("alice@localhost")), u);
	*user_slot(u, &mod_mark) = u;
	user_keep(u);
	registry_release_user(u);
	assert_ptr_equal(registry_find_user(r, STR("alice@localhost")), u);
	user_let_go(u);
	assert_null(registry_find_user(r, STR("alice@localhost")));
	assert_int_equal(user_states_freed, 1);
}

static void users_of_offline_accounts_go_when_their_calls_are_done(void **state)
{
	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

	(void)state;
	bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);
	for (int i = 0; i < 3; i++)
		bed_send(alice, bed_stanza("message", "", "bob@localhost", "wait"));
	bed_settle(&b);

	struct user *bob = registry_find_user(b.registries[0], STR("bob@localhost"));

	assert_int_equal(bob->existence, USER_EXISTS);
	assert_int_equal(bob->call_count, 2);
	for (int i = 0; i < 3; i++) {
		assert_non_null(registry_find_user(b.registries[0], STR("bob@localhost")));
		bed_resume(ANSWER_DONE);
	}
	assert_null(registry_find_user(b.registries[0], STR("bob@localhost")));
	assert_int_equal(user_states_freed, 1);
	bed_logout(alice);
}

static void absence_is_not_remembered(void **state)
{
	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");
	struct user *nobody = registry_get_user(b.registries[0], bed_jid("nobody@localhost"));

	(void)state;
	user_keep(nobody);
	bed_questions = 0;
	for (int i = 0; i < 2; i++) {
		bed_send(alice, bed_stanza("message", "", "nobody@localhost", "1"));
		bed_settle(&b);
		assert_int_equal(nobody->existence, USER_UNKNOWN);
	}
	assert_int_equal(bed_questions, 2);
	assert_int_equal(alice->got_count, 2);
	user_let_go(nobody);
	bed_logout(alice);
}

/* One user's storage is slow: its own stanzas wait, in order; others are not held up. */
static void only_the_user_that_waits_is_held_up(void **state)
{
	struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/b"),
			*carol = bed_login(&b, "carol@localhost/c");

	(void)state;
	bed_wait_at(SIDE_RECEIVER, STAGE_ACCEPT);
	for (int i = 0; i < 5; i++) {
		char id[16];

		snprintf(id, sizeof(id), i ? "m%d" : "wait%d", i);
		bed_send(alice, bed_stanza("message", "", "bob@localhost/b", id));
		bed_send(alice, bed_stanza("message", "", "carol@localhost/c", id[0] == 'w' ? "m0" : id));
	}
	assert_int_equal(carol->got_count, 5);
	assert_int_equal(bob->got_count, 0);
	bed_resume(ANSWER_PASS);

	const char *at = bed_take(bob);

	for (int i = 0; i < 5; i++) {
		char id[16];

		snprintf(id, sizeof(id), i ? "id='m%d'" : "id='wait%d'", i);
		at = strstr(at, id);
		assert_non_null(at);
	}
	bed_logout(alice);
	bed_logout(bob);
	bed_logout(carol);
}

static void a_queue_has_an_end(void **state)
{
	enum { MOST = 10000 };
	struct registry *r = b.registries[0];
	struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/b");
	struct stanza *message = stanza_from_text(STR("<message id='m'/>"), "jabber:client"),
		      *presence = stanza_from_text(STR("<presence/>"), "jabber:client");

	(void)state;
	bed_wait_at(SIDE_RECEIVER, STAGE_ACCEPT);
	bed_send(alice, bed_stanza("message", "", "bob@localhost/b", "wait"));
	for (int i = 0; i < MOST; i++)
		router_send(r, message, alice->session->address, bob->session->address);
	assert_int_equal(alice->got_count, 0);
	router_send(r, presence, alice->session->address, bob->session->address);
	assert_int_equal(alice->got_count, 0);
	router_send(r, message, alice->session->address, bob->session->address);
	assert_int_equal(alice->got_count, 1);
	assert_non_null(strstr(bed_take(alice), "<resource-constraint "));
	bed_resume(ANSWER_PASS);
	assert_int_equal(bob->got_count, MOST + 1);
	stanza_unref(&message);
	stanza_unref(&presence);
	bed_logout(alice);
	bed_logout(bob);
}

static const char only_other[] = "[general]\nhosts = [\"other\"]\ndefault_server_domain = \"other\"\n";
static const char both[] = "[general]\nhosts = [\"localhost\", \"other\"]\ndefault_server_domain = \"other\"\n";

static void reload(struct registry *r, const char *toml)
{
	const struct config *c = bed_config(defs, toml);
	const struct host_set *s = host_set_new(c, defs, NULL);

	config_unref(&c);
	registry_set_hosts(r, s);
	host_set_unref(&s);
}

static void a_new_configuration(void **state)
{
	struct registry *r = b.registries[0];
	struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/b"), *carol;
	struct user *u = alice->session->user;
	const struct host *before = u->host;

	(void)state;
	bed_wait_at(SIDE_RECEIVER, STAGE_COPY);
	bed_send(bob, bed_stanza("message", "", "alice@localhost/a", "wait-1"));
	reload(r, both);
	assert_ptr_equal(u->host, host_find(r->hosts, STR("localhost")));
	assert_ptr_not_equal(u->host, before);
	bed_resume(ANSWER_PASS); /* on the modules of the old one */
	assert_int_equal(alice->got_count, 1);
	carol = bed_login(&b, "carol@other/c");
	bed_send(carol, bed_stanza("message", "", "alice@localhost/a", "wait-2"));
	reload(r, only_other);
	assert_int_equal(alice->ended, STREAM_ERROR_HOST_GONE);
	assert_int_equal(bob->ended, STREAM_ERROR_HOST_GONE);
	assert_int_equal(carol->ended, STREAM_ERROR_NONE);
	assert_ptr_equal(registry_find_user(r, STR("alice@localhost")), u); /* a call waits */
	assert_null(registry_find_user(r, STR("bob@localhost")));
	bed_send(carol, bed_stanza("message", "", "alice@localhost/a", "3"));
	assert_non_null(strstr(bed_take(carol), "<remote-server-not-found "));
	bed_resume(ANSWER_PASS);
	assert_null(registry_find_user(r, STR("alice@localhost")));
	assert_non_null(strstr(bed_take(carol), "<service-unavailable "));
	bed_logout(alice);
	bed_logout(bob);
	bed_logout(carol);
}

static _Atomic int posts;

static void count_post(struct registry *r, void *context)
{
	assert_ptr_equal(context, &posts);
	assert_in_range(r->index, 0, 2);
	posts += 1 << (4 * r->index);
}

static void posts_to_all(void **state)
{
	struct bed three;

	(void)state;
	bed_open(&three, 3, defs, NULL);
	router_post_to_all(&three.realm, count_post, &posts);
	bed_settle(&three);
	assert_int_equal(posts, 0x111);
	bed_close(&three);
}

/* A message to another loop that serves the host no more when it arrives. */
static void a_host_goes_while_a_call_travels(void **state)
{
	struct bed two;
	char bob[64];
	struct bed_peer *alice;

	(void)state;
	bed_open(&two, 2, defs, both);
	alice = bed_login(&two, "alice@other/a");

	int home = alice->session->registry->index, i = 0;

	do
		snprintf(bob, sizeof(bob), "user%d@localhost", i++);
	while (realm_home_of(&two.realm, str_from(bob))->index == home);
	bed_send(alice, bed_stanza("message", "", bob, "1"));
	reload(two.registries[!home], only_other);
	bed_settle(&two);
	assert_non_null(strstr(bed_take(alice), "<remote-server-not-found "));
	assert_int_equal(alice->session->unsettled, 0);
	bed_logout(alice);
	bed_close(&two);
}

/* Two loops on two threads: everybody sends to everybody; the order of each pair is kept, nothing is lost or doubled. */
enum { PEERS = 4, MESSAGES = 25000 };

struct crowd_peer {
	struct outlet outlet;
	struct session *session;
	char address[64];
	int sent;
	int next_from[PEERS];
	int resumed;
};

static struct bed crowd_bed;
static struct crowd_peer crowd[PEERS];
static _Atomic int delivered;

static void crowd_send(struct outlet *o, const struct stanza *s, struct jid from, struct jid to)
{
	struct crowd_peer *p = container_of(o, struct crowd_peer, outlet);
	int64_t number = 0, sender = 0;

	(void)to;
	check(str_to_int(str_make(jid_resource(from).data, 1), 0, PEERS - 1, &sender));
	check(str_to_int(stanza_id_raw(s), 0, MESSAGES, &number));
	/* A sender's messages go round, so each of its pairs sees every fourth number. */
	check(number >= p->next_from[sender] && number % PEERS == p - crowd);
	check(p->next_from[sender] == 0 || number == p->next_from[sender] + PEERS - 1);
	p->next_from[sender] = (int)number + 1;
	delivered++;
}

static void crowd_end(struct outlet *o, enum stream_error e, const char *text)
{
	(void)o;
	(void)e;
	(void)text;
}

static void crowd_resume(struct outlet *o)
{
	container_of(o, struct crowd_peer, outlet)->resumed++;
}

static const struct outlet_ops crowd_ops = {.send = crowd_send, .end = crowd_end, .resume = crowd_resume};

static bool send_some(struct crowd_peer *p)
{
	bool sent = false;

	for (int i = 0; i < 50 && p->sent < MESSAGES && !router_is_backed_up(p->session); i++, sent = true) {
		char xml[256];
		int to = p->sent % PEERS;

		snprintf(xml, sizeof(xml), "<message id='%d' to='%s'/>", p->sent++, crowd[to].address);

		struct stanza *s = stanza_from_text(str_from(xml), "jabber:client");

		stanza_stamp(s, p->session->address);
		router_receive(p->session, s);
	}
	return sent;
}

static bool is_at_rest(const struct registry *r)
{
	for (int i = 0; i < PEERS; i++)
		if (crowd[i].session->registry == r && (crowd[i].sent < MESSAGES || crowd[i].session->unsettled > 0))
			return false;
	return delivered == PEERS * MESSAGES;
}

static void *run_loop(void *arg)
{
	struct registry *r = arg;

	registry_set_current(r);
	check(registry_current() == r);
	while (!is_at_rest(r)) {
		struct pollfd box = {r->mailbox->fd, POLLIN, 0};
		bool sent = false;

		for (int i = 0; i < PEERS; i++)
			if (crowd[i].session->registry == r)
				sent |= send_some(&crowd[i]);
		sent |= mailbox_drain(r->mailbox, 100);
		registry_end_turn(r);
		if (!sent)
			poll(&box, 1, 1);
	}
	return NULL;
}

static void join_crowd(int i)
{
	struct session_opening o = {.outlet = &crowd[i].outlet, .access = STR("all")};

	/* Two at home on each loop. */
	for (int n = 0; crowd[i].address[0] == '\0' ||
			realm_home_of(&crowd_bed.realm, jid_bare_str(bed_jid(crowd[i].address)))->index != i % 2;)
		snprintf(crowd[i].address, sizeof(crowd[i].address), "user%d-%d@localhost/%d", i, n++, i);
	crowd[i].outlet.ops = &crowd_ops;
	o.address = bed_jid(crowd[i].address);
	assert_int_equal(session_open(crowd_bed.registries[i % 2], &o, &crowd[i].session), STANZA_ERROR_NONE);
}

static void two_loops_on_two_threads(void **state)
{
	pthread_t threads[2];

	(void)state;
	bed_open(&crowd_bed, 2, defs, NULL);
	for (int i = 0; i < PEERS; i++)
		join_crowd(i);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_loop, crowd_bed.registries[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(delivered, PEERS * MESSAGES);
	for (int i = 0; i < PEERS; i++)
		session_close(crowd[i].session);
	bed_close(&crowd_bed);
}

#define IN_BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BED(users_stay_while_something_keeps_them),
		IN_BED(users_of_offline_accounts_go_when_their_calls_are_done),
		IN_BED(absence_is_not_remembered),
		IN_BED(only_the_user_that_waits_is_held_up),
		IN_BED(a_queue_has_an_end),
		IN_BED(a_new_configuration),
		cmocka_unit_test(posts_to_all),
		cmocka_unit_test(a_host_goes_while_a_call_travels),
		cmocka_unit_test(two_loops_on_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
