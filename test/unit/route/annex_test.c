#include "route/annex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "route/source.h"
#include "support/bed.h"
#include "support/bed_accounts.h"
#include "xmpp/ns.h"

static const struct module_def *const no_modules[] = {NULL};
static const char two_hosts[] = "[general]\nhosts = [\"localhost\", \"other.example\"]\ndefault_server_domain = \"localhost\"\n";

/* A component without a connection. */
struct fake {
	struct annex_link link;
	struct source source;
	struct buf got;
	int opened, refused, replaced, resumed;
	enum stanza_error answer;
};

static enum stanza_error on_send(struct annex_link *l, const struct stanza *s, struct jid from, struct jid to)
{
	struct fake *f = container_of(l, struct fake, link);

	if (f->answer != STANZA_ERROR_NONE)
		return f->answer;
	writer_stanza(&f->got, s, from, to, NS_COMPONENT, false);
	buf_append_char(&f->got, '\n');
	return STANZA_ERROR_NONE;
}

static void on_opened(struct annex_link *l)
{
	container_of(l, struct fake, link)->opened++;
}

static void on_refused(struct annex_link *l)
{
	container_of(l, struct fake, link)->refused++;
}

static void on_replaced(struct annex_link *l)
{
	container_of(l, struct fake, link)->replaced++;
}

static const struct annex_ops ops = {.send = on_send, .opened = on_opened, .refused = on_refused, .replaced = on_replaced};

static void on_resume(struct source *s)
{
	container_of(s, struct fake, source)->resumed++;
}

static struct fake *fake_open(struct bed *b, int loop, struct annex_offer o)
{
	struct fake *f = mem_new(sizeof(*f));

	buf_init(&f->got);
	source_open(&f->source, b->registries[loop % b->realm.count], on_resume);
	annex_open(&f->link, &ops, b->registries[loop % b->realm.count], &o);
	return f;
}

static struct fake *fake_name(struct bed *b, int loop, const char *name, enum annex_conflict conflict)
{
	return fake_open(b, loop, (struct annex_offer){.name = str_from(name), .conflict = conflict});
}

static void fake_close(struct fake *f)
{
	annex_close(&f->link);
	source_close(&f->source);
	buf_fini(&f->got);
	free(f);
}

static void fake_send(struct fake *f, const char *xml)
{
	struct stanza *s = stanza_from_text(str_from(xml), NS_COMPONENT);

	source_send(&f->source, s, s->from, s->to);
}

static const char *fake_take(struct fake *f)
{
	static char text[65536];
	struct str got = buf_str(&f->got);

	assert_true(got.len < sizeof(text));
	memcpy(text, got.data ? got.data : "", got.len);
	text[got.len] = '\0';
	buf_clear(&f->got);
	return text;
}

static void carries_stanzas_both_ways(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 7; loops += 3)
		for (int loop = 0; loop < loops; loop++) {
			bed_open(&b, loops, no_modules, NULL);

			struct bed_peer *alice = bed_login(&b, "alice@localhost/a");
			struct fake *echo = fake_name(&b, loop, "echo.localhost", ANNEX_REFUSE);

			bed_settle(&b);
			assert_int_equal(echo->opened, 1);
			bed_send(alice, "<message to='x@echo.localhost/y' id='1'><body>hi</body></message>");
			bed_settle(&b);
			assert_string_equal(fake_take(echo),
					    "<message from='alice@localhost/a' to='x@echo.localhost/y' id='1'><body>hi</body></message>\n");
			assert_int_equal(alice->session->unsettled, 0);
			fake_send(echo, "<message from='x@echo.localhost/y' to='alice@localhost/a' id='2'><body>ho</body></message>");
			bed_settle(&b);
			assert_string_equal(bed_take(alice),
					    "<message from='x@echo.localhost/y' to='alice@localhost/a' id='2'><body>ho</body></message>\n");
			assert_int_equal(echo->source.unsettled, 0);
			fake_close(echo);
			bed_settle(&b);
			bed_send(alice, "<message to='echo.localhost' id='3'/>");
			bed_settle(&b);
			assert_non_null(strstr(bed_take(alice), "remote-server-not-found"));
			bed_logout(alice);
			bed_close(&b);
		}
}

/* What was on its way when the connection went comes back to its sender, once. */
static void bounces_what_was_under_way(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 5, no_modules, NULL);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");
	struct fake *echo = fake_name(&b, (alice->session->registry->index + 2) % 5, "echo.localhost", ANNEX_REFUSE);

	bed_settle(&b);
	bed_send(alice, "<message to='echo.localhost' id='1'/>");
	fake_close(echo);
	bed_settle(&b);
	assert_string_equal(bed_take(alice),
			    "<message from='echo.localhost' to='alice@localhost/a' type='error' id='1'><error type='cancel'>"
			    "<remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>\n");
	assert_int_equal(alice->session->unsettled, 0);
	bed_logout(alice);
	bed_close(&b);
}

static void decides_who_has_a_name(void **state)
{
	static const struct {
		enum annex_conflict first, second;
		int refused, replaced;
	} cases[] = {
		{ANNEX_REFUSE, ANNEX_REFUSE, 1, 0}, {ANNEX_SHARE, ANNEX_REFUSE, 1, 0},
		{ANNEX_REFUSE, ANNEX_SHARE, 1, 0},  {ANNEX_SHARE, ANNEX_SHARE, 0, 0},
		{ANNEX_REFUSE, ANNEX_REPLACE, 0, 1}, {ANNEX_SHARE, ANNEX_REPLACE, 0, 1},
	};
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 7; loops += 3)
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			bed_open(&b, loops, no_modules, NULL);

			struct fake *first = fake_name(&b, 1, "echo.localhost", cases[i].first);
			bed_settle(&b);
			struct fake *second = fake_name(&b, 2, "echo.localhost", cases[i].second);

			bed_settle(&b);
			assert_int_equal(second->refused, cases[i].refused);
			assert_int_equal(second->opened, !cases[i].refused);
			assert_int_equal(first->replaced, cases[i].replaced);
			for (int loop = 0; loop < loops; loop++) {
				const struct annex_domain *d = annex_find(b.registries[loop], STR("echo.localhost"));

				assert_int_equal(d->count, 2 - cases[i].refused - cases[i].replaced);
			}
			fake_close(first);
			fake_close(second);
			bed_settle(&b);
			for (int loop = 0; loop < loops; loop++)
				assert_null(annex_find(b.registries[loop], STR("echo.localhost")));
			bed_close(&b);
		}
}

static void keeps_names_of_hosts(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 3, no_modules, two_hosts);

	struct fake *host = fake_name(&b, 1, "other.example", ANNEX_REPLACE);
	struct fake *prefix = fake_open(&b, 2, (struct annex_offer){.name = STR("other"), .is_prefix = true});
	struct fake *foreign = fake_name(&b, 2, "far.away.example", ANNEX_REFUSE);

	bed_settle(&b);
	assert_int_equal(host->refused, 1);
	assert_int_equal(prefix->opened, 1);
	assert_int_equal(foreign->opened, 1);
	assert_non_null(annex_find(b.registries[0], STR("other.localhost")));
	assert_non_null(annex_find(b.registries[1], STR("other.other.example")));
	assert_null(annex_find(b.registries[2], STR("other.far.example")));
	assert_null(annex_find(b.registries[2], STR("localhost")));

	struct fake *whole = fake_name(&b, 0, "other.localhost", ANNEX_REPLACE);
	struct fake *far = fake_open(&b, 0, (struct annex_offer){.name = STR("far"), .is_prefix = true});
	struct fake *second = fake_open(&b, 0, (struct annex_offer){.name = STR("other"), .is_prefix = true});

	bed_settle(&b);
	assert_int_equal(whole->refused, 1);
	assert_int_equal(far->opened, 1);
	assert_int_equal(second->refused, 1);
	fake_close(host);
	fake_close(prefix);
	fake_close(foreign);
	fake_close(whole);
	fake_close(far);
	fake_close(second);
	bed_close(&b);
}

/* Each sender has one connection, and keeps it while others come; all connections have some. */
static void shares_by_sender(void **state)
{
	enum { SENDERS = 60 };
	struct bed b;
	struct fake *shares[3];
	struct bed_peer *senders[SENDERS];
	int last[SENDERS];

	(void)state;
	bed_open(&b, 3, no_modules, NULL);
	shares[0] = fake_name(&b, 0, "echo.localhost", ANNEX_SHARE);
	shares[1] = fake_name(&b, 1, "echo.localhost", ANNEX_SHARE);
	bed_settle(&b);
	for (int i = 0; i < SENDERS; i++) {
		char *name = mem_new(32);

		snprintf(name, 32, "user%d@localhost/r", i);
		senders[i] = bed_login(&b, name);
		free(name);
	}
	for (int round = 0, count = 2; round < 3; round++) {
		int moved = 0, has[3] = {0};

		for (int i = 0; i < SENDERS; i++) {
			int at = -1;

			bed_send(senders[i], "<message to='echo.localhost' id='1'/>");
			bed_send(senders[i], "<message to='a@echo.localhost/b' id='2'/>");
			bed_settle(&b);
			for (int j = 0; j < count; j++) {
				const char *got = fake_take(shares[j]);

				if (!*got)
					continue;
				assert_int_equal(at, -1);
				assert_non_null(strstr(strstr(got, "id='1'"), "id='2'"));
				at = j;
			}
			assert_true(at >= 0);
			has[at]++;
			moved += round > 0 && last[i] != at;
			assert_true(round == 0 || last[i] == at || (round == 1 && at == 2));
			last[i] = at;
		}
		assert_true(has[0] > 0 && has[1] > 0 && (count == 2 || has[2] > 0));
		assert_true(round == 1 ? moved > 0 : moved == 0);
		if (count == 2) {
			shares[count++] = fake_name(&b, 2, "echo.localhost", ANNEX_SHARE);
			bed_settle(&b);
		}
	}
	for (int i = 0; i < SENDERS; i++)
		bed_logout(senders[i]);
	for (int i = 0; i < 3; i++)
		fake_close(shares[i]);
	bed_close(&b);
}

static void refuses_as_the_link_says(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 2, no_modules, NULL);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");
	struct fake *echo = fake_name(&b, 1, "echo.localhost", ANNEX_REFUSE);

	echo->answer = STANZA_ERROR_NOT_ALLOWED;
	bed_settle(&b);
	bed_send(alice, "<iq type='get' to='echo.localhost' id='1'><x xmlns='y'/></iq>");
	bed_settle(&b);
	assert_non_null(strstr(bed_take(alice), "<not-allowed"));
	fake_close(echo);
	bed_logout(alice);
	bed_close(&b);
}

/* It goes before it has been told that it has the name. */
static void goes_early(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 4, no_modules, NULL);

	struct fake *early = fake_name(&b, 3, "echo.localhost", ANNEX_REFUSE), *later;

	fake_close(early);
	later = fake_name(&b, 3, "echo.localhost", ANNEX_REFUSE);
	bed_settle(&b);
	assert_int_equal(later->opened, 1);
	fake_close(later);
	bed_settle(&b);
	for (int loop = 0; loop < 4; loop++)
		assert_null(annex_find(b.registries[loop], STR("echo.localhost")));
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_stanzas_both_ways), cmocka_unit_test(bounces_what_was_under_way),
		cmocka_unit_test(decides_who_has_a_name),    cmocka_unit_test(keeps_names_of_hosts),
		cmocka_unit_test(shares_by_sender),	     cmocka_unit_test(refuses_as_the_link_says),
		cmocka_unit_test(goes_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
