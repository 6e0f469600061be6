/* RFC 6121 appendix A, told in another way than the tables: what each stanza means for the four facts a state consists
 * of. */
#include "ext/roster/roster_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>


static const unsigned states[] = {0, 4, 8, 12, 1, 9, 2, 6, 3};
enum { STATES = sizeof(states) / sizeof(states[0]) };

static const enum stanza_type types[] = {STANZA_TYPE_SUBSCRIBE, STANZA_TYPE_SUBSCRIBED, STANZA_TYPE_UNSUBSCRIBE,
					 STANZA_TYPE_UNSUBSCRIBED};

static void knows_nine_states(void **state)
{
	size_t valid = 0;

	(void)state;
	for (unsigned s = 0; s < 64; s++)
		valid += roster_state_is_valid(s);
	assert_int_equal(valid, STATES);
	for (size_t i = 0; i < STATES; i++)
		assert_true(roster_state_is_valid(states[i]));
}

/* What the asking side makes of it: the contact's presence is wanted (4) or given (1). */
static unsigned asking(unsigned s, enum stanza_type type, bool *matters)
{
	unsigned own = s & 5, rest = s & ~5u;

	if (type == STANZA_TYPE_SUBSCRIBE) /* sent */
		own = own ? own : 4;
	else if (type == STANZA_TYPE_UNSUBSCRIBE) /* sent */
		own = 0;
	else if (type == STANZA_TYPE_SUBSCRIBED) /* received */
		own = own == 4 ? 1 : own;
	else /* received */
		own = 0;
	*matters = (own | rest) != s;
	return own | rest;
}

/* What the asked side makes of it: the user's presence is asked for (8) or given (2). */
static unsigned asked(unsigned s, enum stanza_type type, bool *matters)
{
	unsigned own = s & 10, rest = s & ~10u;

	if (type == STANZA_TYPE_SUBSCRIBE) /* received */
		own = own ? own : 8;
	else if (type == STANZA_TYPE_UNSUBSCRIBE) /* received */
		own = 0;
	else if (type == STANZA_TYPE_SUBSCRIBED) /* sent */
		own = own == 8 ? 2 : own;
	else /* sent */
		own = 0;
	*matters = (own | rest) != s;
	return own | rest;
}

static void follows_what_the_user_sends(void **state)
{
	(void)state;
	for (size_t i = 0; i < STATES; i++)
		for (size_t j = 0; j < 4; j++) {
			bool is_question = types[j] == STANZA_TYPE_SUBSCRIBE || types[j] == STANZA_TYPE_UNSUBSCRIBE,
			     matters;
			unsigned now = (is_question ? asking : asked)(states[i], types[j], &matters);
			struct roster_state_change change = roster_state_after_outbound(states[i], types[j]);

			assert_int_equal(change.state, now);
			/* A question always goes out, so that a contact whose server forgot hears it again. */
			assert_int_equal(change.is_passed_on, is_question || matters);
			assert_false(change.is_answered);
		}
}

static void follows_what_the_contact_sends(void **state)
{
	(void)state;
	for (size_t i = 0; i < STATES; i++)
		for (size_t j = 0; j < 4; j++) {
			bool is_question = types[j] == STANZA_TYPE_SUBSCRIBE || types[j] == STANZA_TYPE_UNSUBSCRIBE,
			     matters;
			unsigned now = (is_question ? asked : asking)(states[i], types[j], &matters);
			struct roster_state_change change = roster_state_after_inbound(states[i], types[j]);

			assert_int_equal(change.state, now);
			assert_int_equal(change.is_passed_on, matters);
			assert_int_equal(change.is_answered,
					 types[j] == STANZA_TYPE_SUBSCRIBE && (states[i] & ROSTER_STATE_FROM));
		}
}

static void names_the_subscription(void **state)
{
	static const char *const names[STATES] = {"none", "none", "none", "none", "to", "to", "from", "from", "both"};

	(void)state;
	for (size_t i = 0; i < STATES; i++)
		assert_string_equal(roster_state_subscription(states[i]), names[i]);
}

/* Both sides of one subscription agree after each exchange, whatever the order of talking. */
static void keeps_both_sides_together(void **state)
{
	(void)state;
	for (unsigned talk = 0; talk < 8 * 8 * 8 * 8; talk++) {
		unsigned side[2] = {0, 0};

		for (unsigned turn = 0, rest = talk; turn < 4; turn++, rest /= 8) {
			unsigned who = rest & 1;
			enum stanza_type type = types[rest / 2 & 3];
			struct roster_state_change sent = roster_state_after_outbound(side[who], type);

			side[who] = sent.state;
			if (sent.is_passed_on)
				side[!who] = roster_state_after_inbound(side[!who], type).state;
			assert_int_equal(!!(side[0] & ROSTER_STATE_TO), !!(side[1] & ROSTER_STATE_FROM));
			assert_int_equal(!!(side[0] & ROSTER_STATE_PENDING_OUT), !!(side[1] & ROSTER_STATE_PENDING_IN));
			assert_int_equal(!!(side[1] & ROSTER_STATE_TO), !!(side[0] & ROSTER_STATE_FROM));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_nine_states),
		cmocka_unit_test(follows_what_the_user_sends),
		cmocka_unit_test(follows_what_the_contact_sends),
		cmocka_unit_test(names_the_subscription),
		cmocka_unit_test(keeps_both_sides_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
