/* vcard_json: a vCard (XEP-0054) as the object that operations speak of, and back. Both come from the same tables of fields.
 *
 * What the tables do not know is not shown and, as an object takes the place of the whole vCard, lost. Threads: any.
 * Test: test/wire/81-operations/vcard.wire */
#ifndef MEERKAT_EXT_VCARD_JSON_H
#define MEERKAT_EXT_VCARD_JSON_H

#include "route/operation.h"
#include "xmpp/stanza.h"
#include "xmpp/writer.h"

/* vCards in vCards (AGENT) are read and written as deep as this. */
enum { VCARD_JSON_LEVELS = 3 };

extern const struct operation_type vcard_json_type, vcard_json_input;

/* An object of vcard_json_type. */
json_t *vcard_json_read(const struct stanza *s, const struct node *vcard);

/* <vCard/> of an object that has passed the check as vcard_json_input. False: it is nested too deep. */
bool vcard_json_write(const json_t *vcard, struct writer *w);

#endif
