/* bosh_body: the <body/> of one BOSH request (XEP-0124 §7), checked and taken apart: what it asks for, and the elements in it.
 *
 * Read in two steps, as what the elements may be depends on whose session it is: first the tag, then the rest. Everything in it is limited while it
 * is read. An element is a stanza as over TCP: the tag counts as the opening tag around it. Threads: one at a time.
 * Tests: test/unit/link/bosh_body_test.c, test/fuzz/bosh_body_fuzz.c */
#ifndef MEERKAT_LINK_BOSH_BODY_H
#define MEERKAT_LINK_BOSH_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "xmpp/parser.h"

#define BOSH_BODY_RID_MAX (((uint64_t)1 << 53) - 1)

struct bosh_body {
	struct arena arena; /* of the texts */
	struct parser parser;
	struct str unread;
	struct stanza *tag; /* the opening tag; STANZA_HEADER */
	struct stanza **elements;
	size_t count, room;
	struct str sid, to, key, newkey, stream; /* STR_NONE: not there */
	uint64_t rid;
	int64_t wait, hold, ack, pause; /* -1: not there; too large is as much as fits */
	bool is_restart, is_terminate;
};

/* Starts with `text`, which has to stay: reads the tag. False: it is no body, or the numbers in it are none. */
bool bosh_body_init(struct bosh_body *b, struct str text, const struct parser_limits *limits);
void bosh_body_fini(struct bosh_body *b);

/* Reads the rest, to the end of the text. An error: the same that a stream would end with. */
enum stream_error bosh_body_read(struct bosh_body *b, const struct parser_limits *limits);

#endif
