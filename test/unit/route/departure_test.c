#include "route/departure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/bed.h"
#include "support/bed_accounts.h"
#include "xmpp/ns.h"

struct lab {
	struct bed bed;
	char folder[64];
	char found[256]; /* ids of what an earlier process has left behind, and the stamps' names */
	struct departure_left lefts[8];
	size_t count;
};

static void open_lab(struct lab *l)
{
	struct why why = {""};

	*l = (struct lab){.folder = "/tmp/departure-XXXXXX"};
	assert_non_null(mkdtemp(l->folder));
	bed_open(&l->bed, 1, (const struct module_def *const[]){NULL}, NULL);
	l->bed.realm.accounts.store = store_open(l->folder, 1, &why);
	assert_non_null(l->bed.realm.accounts.store);
}

static void close_store(struct lab *l)
{
	departure_flush(l->bed.registries[0]);
	store_finish(l->bed.realm.accounts.store);
	bed_settle(&l->bed);
	departure_free(l->bed.registries[0]);
	store_close(&l->bed.realm.accounts.store);
}

static void close_lab(struct lab *l)
{
	char command[128];

	close_store(l);
	bed_close(&l->bed);
	snprintf(command, sizeof(command), "rm -r %s", l->folder);
	assert_int_equal(system(command), 0);
}

static void on_found(void *context, const struct departure_left *left, struct stanza *s)
{
	struct lab *l = context;
	const struct node *delay = node_find_child(s, node_root(s), "delay", NS_DELAY);
	struct str id = stanza_id_raw(s);

	assert_non_null(delay);
	assert_true(str_is(node_attribute_raw(s, delay, "from"), "one.example"));
	assert_true(str_is(jid_str(s->from), "romeo@one.example/x"));
	assert_true(str_is(jid_str(s->to), "juliet@two.example"));
	strncat(l->found, id.data, id.len);
	l->lefts[l->count++] = *left;
}

/* The next process. */
static void start_again(struct lab *l)
{
	struct why why = {""};

	close_store(l);
	l->bed.realm.accounts.store = store_open(l->folder, 1, &why);
	assert_non_null(l->bed.realm.accounts.store);
	l->found[0] = '\0';
	l->count = 0;
	assert_int_equal(departure_recover(l->bed.realm.accounts.store, on_found, l, &why), ERR_NONE);
}

static struct departure *depart(struct lab *l, const char *xml, bool keeps)
{
	struct jid from = bed_jid("romeo@one.example/x"), to = bed_jid("juliet@two.example");
	struct stanza *s = stanza_from_text(str_from(xml), NS_CLIENT);
	struct call *c = call_new(l->bed.registries[0], s, from, to);
	struct departure *d = departure_new(c);

	if (keeps)
		departure_keep(d, s, from, to);
	call_free(&c);
	stanza_unref(&s);
	return d;
}

/* In their order, whatever the order in which they were kept; those that are over are not there, and those that were never kept neither. */
static void the_next_process_finds_what_is_kept(void **state)
{
	struct lab l;
	struct departure *all[5];
	struct jid from = bed_jid("romeo@one.example/x"), to = bed_jid("juliet@two.example");
	struct stanza *s = stanza_from_text(STR("<message id='1'><body>1</body></message>"), NS_CLIENT);

	(void)state;
	open_lab(&l);
	all[0] = depart(&l, "<message id='1'><body>1</body></message>", false);
	all[1] = depart(&l, "<message id='2'/>", true);
	all[2] = depart(&l, "<message id='3'><body>3</body></message>", true);
	all[3] = depart(&l, "<message id='4'><body>4</body></message>", false);
	all[4] = depart(&l, "<message id='5'><body>5</body></message>", true);
	departure_keep(all[0], s, from, to);
	departure_keep(all[0], s, from, to);
	stanza_unref(&s);
	bed_settle(&l.bed);
	departure_end(&all[2]);
	assert_null(all[2]);
	departure_leave(&all[0]);
	departure_leave(&all[1]);
	departure_end(&all[3]);
	departure_leave(&all[4]);
	start_again(&l);
	assert_string_equal(l.found, "125");
	/* What comes now is later, and one that arrives is gone for good. */
	all[0] = departure_take_on(l.bed.registries[0], &l.lefts[0]);
	all[1] = departure_take_on(l.bed.registries[0], &l.lefts[1]);
	all[2] = departure_take_on(l.bed.registries[0], &l.lefts[2]);
	assert_true(all[0]->was_kept);
	all[3] = depart(&l, "<message id='6'/>", true);
	departure_end(&all[1]);
	departure_leave(&all[0]);
	departure_leave(&all[2]);
	departure_leave(&all[3]);
	start_again(&l);
	assert_string_equal(l.found, "156");
	close_lab(&l);
}

static void only_messages_depart(void **state)
{
	static const char *const others[] = {
		"<message type='error' id='1'/>", "<presence/>", "<iq type='get' id='1'><x xmlns='y'/></iq>", "<presence type='subscribe'/>"};
	struct lab l;

	(void)state;
	open_lab(&l);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(depart(&l, others[i], false));
	close_lab(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_process_finds_what_is_kept),
		cmocka_unit_test(only_messages_depart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
