#include "route/inline_feature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bed.h"
#include "support/bed_accounts.h"
#include "xmpp/ns.h"

static char asked[256];

static void note(const struct module *m, struct session *s, const struct module_inline_request *r)
{
	size_t len = strlen(asked);
	struct str name = node_name(r->element, r->node);

	assert_non_null(s->user);
	snprintf(asked + len, sizeof(asked) - len, "%s:%.*s ", m->def->name, STR_ARGS(name));
	if (str_is(name, "enable"))
		writer_empty(r->answer, "enabled", "urn:b");
}

static const struct module_inline inlines_a[] = {{"urn:a", note}, {"urn:b", note}, {0}};
static const struct module_inline inlines_c[] = {{"urn:c", note}, {0}};
static const struct module_def module_a = {.name = "mod_a", .inlines = inlines_a};
static const struct module_def module_b = {.name = "mod_b"};
static const struct module_def module_c = {.name = "mod_c", .inlines = inlines_c};
static const struct module_def *const defs[] = {&module_a, &module_b, &module_c, NULL};

static void begin(struct writer *w, struct buf *out)
{
	buf_init(out);
	writer_init(w, out);
	writer_open(w, "x", NULL);
}

static void assert_written(struct writer *w, struct buf *out, const char *expected)
{
	writer_close(w);
	if (!str_is(buf_str(out), expected))
		fail_msg("%.*s", STR_ARGS(buf_str(out)));
	buf_fini(out);
}

static void test_offer(void **state)
{
	struct bed b;
	struct buf out;
	struct writer w;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	begin(&w, &out);
	inline_feature_write(host_find(b.hosts, STR("localhost")), &w);
	assert_written(&w, &out, "<x><feature var='urn:a'/><feature var='urn:b'/><feature var='urn:c'/></x>");
	bed_close(&b);
}

static void test_enable(void **state)
{
	static const struct {
		const char *request, *asked, *answer;
	} rows[] = {
		{"<bind/>", "", "<x/>"},
		{"<bind><tag>t</tag><q xmlns='urn:unknown'/></bind>", "", "<x/>"},
		{"<bind><on xmlns='urn:c'/><enable xmlns='urn:a'/><off xmlns='urn:b'><on xmlns='urn:a'/></off></bind>",
		 "mod_c:on mod_a:enable mod_a:off ", "<x><enabled xmlns='urn:b'/></x>"},
	};
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bed_peer *p = bed_login(&b, "alice@localhost/x");
		struct stanza *request = stanza_from_text(str_from(rows[i].request), NS_CLIENT);
		struct buf out;
		struct writer w;

		asked[0] = 0;
		begin(&w, &out);
		inline_feature_enable(p->session, request, node_root(request), &w);
		assert_written(&w, &out, rows[i].answer);
		assert_string_equal(asked, rows[i].asked);
		stanza_unref(&request);
		bed_logout(p);
	}
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_offer), cmocka_unit_test(test_enable)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
