/* authenticate_fuzz: any bytes inside of <authenticate/>: what is taken is within its limits. */
#include "base/buf.h"
#include "base/check.h"
#include "base/codec.h"
#include "stream/authenticate.h"
#include "xmpp/ns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_all(const struct authenticate *what, struct arena *a)
{
	struct jid who = {.text = "alice@localhost", .local_len = 5, .domain_len = 9};
	struct str mark, again;

	check(!what->client.data || what->client.len == AUTHENTICATE_CLIENT_CHARS);
	check(what->software.len <= AUTHENTICATE_NAME_MAX);
	check(what->count >= -1 && (what->fast || what->count == -1));
	mark = authenticate_mark(what, who, a);
	check(mark.len == AUTHENTICATE_MARK_CHARS);
	check(jid_prepare_resource(authenticate_resource(what, mark, a), a, &again));
	check(str_equal(again, authenticate_resource(what, mark, a)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct authenticate what;
	struct stanza *element;
	struct arena a;
	struct buf xml;

	buf_init(&xml);
	buf_append_text(&xml, "<authenticate xmlns='" NS_SASL2 "' mechanism='PLAIN'>");
	buf_append(&xml, (const char *)data, size);
	buf_append_text(&xml, "</authenticate>");
	element = stanza_try_from_text(buf_str(&xml), NS_CLIENT);
	if (element) {
		arena_init(&a, 0);
		if (authenticate_parse(element, &a, &what))
			check_all(&what, &a);
		arena_fini(&a);
		stanza_unref(&element);
	}
	buf_fini(&xml);
	return 0;
}
