#include "net/tls_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/certificate.h"

static struct certificate good, ended, early, other;

static int make_certificates(void **state)
{
	static const char names[] = "DNS:localhost,DNS:*.example.org";

	(void)state;
	certificate_init_like(&good, &(struct certificate_wish){.days = 9, .alt_names = names});
	certificate_init_like(&ended, &(struct certificate_wish){.days = -9, .alt_names = names});
	certificate_init_like(&early, &(struct certificate_wish){.begins_days = 9, .days = 20, .alt_names = names});
	certificate_init(&other, "other.example", 9);
	return 0;
}

static int remove_certificates(void **state)
{
	(void)state;
	certificate_fini(&good);
	certificate_fini(&ended);
	certificate_fini(&early);
	certificate_fini(&other);
	return 0;
}

/* What was told: a line each, "error" or "warning", and the text; and the fields that it was told of. */
static char told[4096];
static const void *values[16];
static size_t told_count;

static void tell(void *context, const void *value, bool is_error, const char *text)
{
	assert_ptr_equal(context, told);
	values[told_count++] = value;
	strcat(strcat(strcat(strcat(told, is_error ? "error " : "warning "), text), "\n"), "");
}

static bool check_it(const struct config_tls *c, const struct str *hosts, size_t host_count)
{
	told[0] = '\0';
	told_count = 0;
	return tls_check(c, &(struct option_list){hosts, host_count}, tell, told);
}

static void is_content(void **state)
{
	static const struct str hosts[] = {{"localhost", 9}, {"im.example.org", 14}};
	struct config_tls config = {.certfile = str_from(good.bothfile), .verify_mode = CONFIG_VERIFY_NONE};

	(void)state;
	assert_true(check_it(&config, hosts, 2));
	assert_string_equal(told, "");
	config.certfile = str_from(other.bothfile);
	assert_true(check_it(&config, NULL, 0));
	assert_string_equal(told, "");
}

static void warns_of_dates(void **state)
{
	struct config_tls config = {.certfile = str_from(ended.bothfile), .verify_mode = CONFIG_VERIFY_NONE};

	(void)state;
	assert_true(check_it(&config, NULL, 0));
	assert_int_equal(told_count, 1);
	assert_ptr_equal(values[0], &config.certfile);
	assert_non_null(strstr(told, "warning "));
	assert_non_null(strstr(told, ended.bothfile));
	assert_non_null(strstr(told, "has ended on 20"));
	config.certfile = str_from(early.bothfile);
	assert_true(check_it(&config, NULL, 0));
	assert_int_equal(told_count, 1);
	assert_non_null(strstr(told, "good only from 20"));
}

static void warns_of_names(void **state)
{
	static const struct str hosts[] = {
		{"localhost", 9}, {"example.org", 11}, {"a.example", 9}, {"b.example", 9}, {"c.example", 9}, {"d.example", 9}, {"e.example", 9},
	};
	struct config_tls config = {.certfile = str_from(good.bothfile), .verify_mode = CONFIG_VERIFY_NONE};
	struct config_certificate more[2];

	(void)state;
	assert_true(check_it(&config, hosts, 7));
	assert_int_equal(told_count, 1);
	assert_non_null(strstr(told, "does not cover \"example.org\", \"a.example\", \"b.example\", \"c.example\", \"d.example\" and 1 more"));

	/* For each host the one that is shown for it. */
	more[0] = (struct config_certificate){.host = STR("example.org"), .certfile = str_from(other.bothfile)};
	more[1] = (struct config_certificate){.host = STR("other.example"), .certfile = str_from(other.bothfile)};
	config.certificates = (struct option_list){more, 2};
	assert_true(check_it(&config, hosts, 2));
	assert_int_equal(told_count, 1);
	assert_ptr_equal(values[0], &more[0].certfile);
	assert_non_null(strstr(told, "does not cover \"example.org\""));
}

static void tells_all_errors(void **state)
{
	const struct str crls[] = {str_from(good.certfile), STR("/nowhere/crl.pem")};
	struct config_certificate more = {.host = STR("x"), .certfile = str_from(good.certfile), .keyfile = str_from(other.keyfile)};
	struct config_tls config = {
		.certfile = str_from(good.certfile),
		.keyfile = str_from(other.keyfile),
		.cacertfile = STR("/nowhere/ca.pem"),
		.dhfile = str_from(good.certfile),
		.ciphers = STR("NONSENSE"),
		.crl_files = {crls, 2},
		.certificates = {&more, 1},
		.verify_mode = CONFIG_VERIFY_PEER,
	};
	const void *expected[] = {
		&config.ciphers, &config.dhfile, &config.keyfile, &more.keyfile, &config.cacertfile, &crls[0], &crls[1],
	};

	(void)state;
	assert_false(check_it(&config, NULL, 0));
	assert_int_equal(told_count, 7);
	for (size_t i = 0; i < 7; i++)
		assert_ptr_equal(values[i], expected[i]);
	assert_null(strstr(told, "warning"));
	/* What is read only where clients are verified is looked at all the same. */
	config.verify_mode = CONFIG_VERIFY_NONE;
	assert_false(check_it(&config, NULL, 0));
	assert_int_equal(told_count, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_content),
		cmocka_unit_test(warns_of_dates),
		cmocka_unit_test(warns_of_names),
		cmocka_unit_test(tells_all_errors),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
