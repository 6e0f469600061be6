#include "route/operation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/bed.h"
#include "support/bed_accounts.h"

static char *last_reply;

static void on_reply(struct operation_call *c, json_t *reply)
{
	assert_ptr_equal(c->context, &last_reply);
	free(last_reply);
	last_reply = json_dumps(reply, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(reply);
}

/* On each loop: how many there are so far. */
static void count_loops(struct operation_call *c)
{
	if (!c->result)
		c->result = json_array();
	json_array_append_new(c->result, json_integer(c->registry->index));
	if (!c->is_last)
		operation_next(c);
	else
		operation_reply(c, c->result);
}

static const struct operation count = {
	.category = "test", .name = "countLoops", .help = "", .place = OPERATION_EVERYWHERE, .run = count_loops,
};

static void goes_through_all_loops(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 3; loops++) {
		bed_open(&b, loops, (const struct module_def *const[]){NULL}, NULL);

		struct operation_call c = {
			.operation = &count, .registry = b.registries[0], .is_last = loops == 1, .on_reply = on_reply, .context = &last_reply,
		};

		c.operation->run(&c);
		bed_settle(&b);
		assert_null(c.result);
		bed_close(&b);
		assert_string_equal(last_reply, loops == 1 ? "{\"data\":[0]}" : loops == 2 ? "{\"data\":[0,1]}" : "{\"data\":[0,1,2]}");
	}
}

static void reads_arguments(void **state)
{
	struct operation_call c = {.args = json_pack("{s:s%,s:i,s:b,s:n}", "text", "a\0b", (size_t)3, "number", 7, "flag", 1, "nothing")};

	(void)state;
	assert_int_equal(operation_str(&c, "text").len, 3);
	assert_null(operation_str(&c, "number").data);
	assert_null(operation_str(&c, "missing").data);
	assert_int_equal(operation_int(&c, "number", -1), 7);
	assert_int_equal(operation_int(&c, "nothing", -1), -1);
	assert_true(operation_bool(&c, "flag"));
	assert_false(operation_bool(&c, "missing"));
	json_decref(c.args);
}

static void fails_with_code_and_text(void **state)
{
	struct operation_call c = {.on_reply = on_reply, .context = &last_reply};
	char huge[3000];

	(void)state;
	operation_fail(&c, "user_not_found", "there is no %s", "alice@localhost");
	assert_string_equal(last_reply,
			    "{\"errors\":[{\"extensions\":{\"code\":\"user_not_found\"},\"message\":\"there is no alice@localhost\"}]}");
	/* Too long, and cut in the middle of a character. */
	memset(huge, 'a', sizeof(huge));
	for (size_t i = 0; i + 2 < sizeof(huge); i += 2)
		memcpy(huge + i, "\xc3\xa4", 2);
	huge[sizeof(huge) - 1] = '\0';
	operation_fail(&c, "odd", "%s", huge);
	assert_string_equal(last_reply, "{\"errors\":[{\"extensions\":{\"code\":\"odd\"},\"message\":\"odd\"}]}");
	free(last_reply);
	last_reply = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_through_all_loops),
		cmocka_unit_test(reads_arguments),
		cmocka_unit_test(fails_with_code_and_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
