/* The section s2s, in every spelling, and meerkat.resolver. */
#include "support/conf_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define WHOLE "[general]\nhosts = [\"h\", \"i\"]\ndefault_server_domain = \"h\"\n[auth.internal]\n"

static void has_defaults(void **state)
{
	(void)state;
	const struct config *c = conf_check(WHOLE, "");
	const struct config_s2s_outgoing *o = &c->s2s->outgoing;
	const int64_t *versions = o->ip_versions.items;
	assert_ptr_equal(c->s2s->config, c);
	assert_ptr_equal(config_find_host(c, STR("h"))->s2s, c->s2s);
	assert_int_equal(c->s2s->default_policy, CONFIG_S2S_ALLOW);
	assert_int_equal(o->tls_policy, CONFIG_S2S_TLS_NONE);
	assert_false(c->s2s->has_use_starttls);
	assert_null(c->s2s->shared.data);
	assert_int_equal(o->port, 5269);
	assert_int_equal(o->ip_versions.count, 2);
	assert_int_equal(versions[0], 4);
	assert_int_equal(versions[1], 6);
	assert_int_equal(o->connection_timeout_ms, 10000);
	assert_int_equal(o->max_retry_delay_s, 300);
	assert_int_equal(o->dns.timeout_s, 10);
	assert_int_equal(o->dns.retries, 2);
	assert_int_equal(o->state_timeout_ms, 5000);
	assert_int_equal(o->stream_timeout_ms, 600000);
	assert_true(o->max_stanza_size == OPTION_INFINITY);
	assert_non_null(o->tls);
	assert_null(o->tls->certfile.data);
	assert_int_equal(c->meerkat.resolver.port, 53);
	assert_null(c->meerkat.resolver.server.data);
	config_unref(&c);
}

static void check_outgoing(const struct config *c)
{
	const struct config_s2s_outgoing *o = &c->s2s->outgoing;
	const struct config_s2s_address *a = config_s2s_find_address(c->s2s, STR("other.example"));
	assert_non_null(a);
	assert_true(str_is(a->ip_address, "192.0.2.1"));
	assert_int_equal(a->port, 5299);
	assert_null(config_s2s_find_address(c->s2s, STR("another.example")));
	assert_int_equal(o->max_retry_delay_s, 7);
	assert_int_equal(o->dns.timeout_s, 3);
	assert_int_equal(o->dns.retries, 2);
	assert_true(str_is(o->tls->certfile, "/etc/passwd"));
	assert_true(str_is(o->tls->ciphers, "HIGH"));
}

static void takes_the_spelling_of_6_1(void **state)
{
	(void)state;
	const struct config *c =
		conf_check(WHOLE "[s2s]\nuse_starttls = \"required_trusted\"\ncertfile = \"/etc/passwd\"\nciphers = \"HIGH\"\n"
				 "max_retry_delay = 7\ndns.timeout = 3\n"
				 "address = [{host = \"Other.example\", ip_address = \"192.0.2.1\", port = 5299}]\n",
			   "f:6:16: warning: s2s.use_starttls: is the old spelling of \"outgoing.tls.mode\", and of \"mode\" in listen.s2s.tls\n"
			   "f:7:12: warning: s2s.certfile: is the old spelling of \"outgoing.tls.certfile\"\n"
			   "f:8:11: warning: s2s.ciphers: is the old spelling of \"outgoing.tls.ciphers\"\n"
			   "f:9:19: warning: s2s.max_retry_delay: is the old spelling of \"outgoing.max_retry_delay\"\n"
			   "f:10:1: warning: s2s.dns: is the old spelling of \"outgoing.dns\"\n"
			   "f:11:11: warning: s2s.address: is the old spelling of \"outgoing.address\"\n");
	check_outgoing(c);
	assert_int_equal(c->s2s->outgoing.tls_policy, CONFIG_S2S_TLS_TRUSTED);
	assert_true(c->s2s->has_use_starttls);
	assert_int_equal(c->s2s->use_starttls, CONFIG_S2S_TLS_TRUSTED);
	config_unref(&c);
}

static void takes_the_spelling_of_6_4(void **state)
{
	(void)state;
	const struct config *c =
		conf_check(WHOLE "[s2s.outgoing]\nmax_retry_delay = 7\ndns.timeout = 3\n"
				 "address = [{host = \"other.example\", ip_address = \"192.0.2.1\", port = 5299, tls = true}]\n"
				 "tls = {mode = \"starttls_required\", certfile = \"/etc/passwd\", ciphers = \"HIGH\"}\n",
			   "");
	check_outgoing(c);
	assert_true(config_s2s_find_address(c->s2s, STR("other.example"))->tls);
	assert_int_equal(c->s2s->outgoing.tls_policy, CONFIG_S2S_TLS_REQUIRED);
	config_unref(&c);
}

static int policy_of(const char *tls)
{
	char text[512];
	snprintf(text, sizeof(text), WHOLE "[s2s.outgoing]\ntls = {%s}\n", tls);
	const struct config *c = conf_check(text, "");
	int policy = c->s2s->outgoing.tls_policy;
	assert_int_equal(c->s2s->outgoing.is_direct_tls, !strcmp(tls, "mode = \"tls\""));
	config_unref(&c);
	return policy;
}

static void derives_the_policy(void **state)
{
	(void)state;
	assert_int_equal(policy_of(""), CONFIG_S2S_TLS_OPTIONAL);
	assert_int_equal(policy_of("mode = \"starttls_required\""), CONFIG_S2S_TLS_REQUIRED);
	assert_int_equal(policy_of("mode = \"tls\""), CONFIG_S2S_TLS_REQUIRED);
	assert_int_equal(policy_of("mode = \"starttls_required\", verify_mode = \"peer\", disconnect_on_failure = true"),
			 CONFIG_S2S_TLS_TRUSTED);
}

static void refuses_both_spellings(void **state)
{
	(void)state;
	assert_null(conf_check(WHOLE "[s2s]\nmax_retry_delay = 7\noutgoing.max_retry_delay = 8\n",
			       "f:6:19: error: s2s.max_retry_delay: is the old spelling of \"outgoing.max_retry_delay\", which is there as well; "
			       "keep that one\n"));
}

static void refuses_what_makes_no_sense(void **state)
{
	(void)state;
	assert_null(conf_check(WHOLE "[s2s]\nhost_policy = [{host = \"a\", policy = \"deny\"}, {host = \"A\", policy = \"allow\"}]\n"
				     "outgoing.shaper = \"none such\"\noutgoing.port = 0\noutgoing.ip_versions = [5]\n",
			       "f:6:47: error: s2s.host_policy[1]: host_policy[0] is for \"a\" too\n"
			       "f:7:19: error: s2s.outgoing.shaper: there is no shaper and no access rule of the name \"none such\"\n"
			       "f:8:17: error: s2s.outgoing.port: expected an integer from 1 to 65535, got 0\n"
			       "f:9:25: error: s2s.outgoing.ip_versions[0]: expected 4 or 6, got 5\n"));
	assert_null(conf_check(WHOLE "[meerkat.resolver]\nserver = \"dns.example\"\nport = 0\n",
			       "f:6:10: error: meerkat.resolver.server: expected an address such as \"127.0.0.1\", or \"none\", got \"dns.example\"\n"
			       "f:7:8: error: meerkat.resolver.port: expected an integer from 1 to 65535, got 0\n"));
}

static void follows_policies(void **state)
{
	(void)state;
	const struct config *c = conf_check(WHOLE "[s2s]\ndefault_policy = \"deny\"\nhost_policy = [{host = \"Good.example\", policy = \"allow\"}]\n"
						  "[[host_config]]\nhost = \"i\"\n[host_config.s2s]\n"
						  "host_policy = [{host = \"good.example\", policy = \"deny\"}]\n",
					    "");
	const struct config_s2s *own = config_find_host(c, STR("i"))->s2s;
	assert_true(config_s2s_allows(c->s2s, STR("good.example")));
	assert_false(config_s2s_allows(c->s2s, STR("other.example")));
	assert_false(config_s2s_allows(own, STR("good.example")));
	assert_true(config_s2s_allows(own, STR("other.example")));
	assert_int_equal(own->outgoing.port, 5269);
	config_unref(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(takes_the_spelling_of_6_1),
		cmocka_unit_test(takes_the_spelling_of_6_4),
		cmocka_unit_test(derives_the_policy),
		cmocka_unit_test(refuses_both_spellings),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(follows_policies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
