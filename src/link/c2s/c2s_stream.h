/* c2s_stream: what a stream asks of its link, whatever carries it: queries before login, features of modules, bind.
 *
 * Internal to link/c2s. Threads: the loop of the connection. Tests: test/wire/ */
#ifndef MEERKAT_LINK_C2S_STREAM_H
#define MEERKAT_LINK_C2S_STREAM_H

#include "link/c2s/c2s_peer.h"

/* See stream.h: the parts of a stream_link that all carriers have in common (C2S_CARRIER_LINK). */
void c2s_stream_on_login(struct stream *s, bool has_succeeded);
bool c2s_stream_query(struct stream *s, const struct stanza *iq);
void c2s_stream_write_features(struct stream *s, struct writer *w, bool is_logged_in);
void c2s_stream_write_inline(struct stream *s, struct writer *w);
void c2s_stream_write_bound(struct stream *s, const struct stanza *request, const struct node *bind, struct writer *w);
void c2s_stream_bind(struct stream *s, struct jid address);
void c2s_stream_go_home(struct stream *s);

/* The connection is on the home loop of its account: opens the session that is to be bound, or looks for the one that is wanted back. */
void c2s_stream_come_home(struct c2s_peer *p);

/* The answer to a session that was wanted back, see outlet.h. */
void c2s_stream_take_claim(struct c2s_peer *p, struct session *session, struct str xml);
/* It is wanted no more, if it was. */
void c2s_stream_withdraw_claim(struct c2s_peer *p);

/* The connection is gone: the query that is being answered needs no answer. */
void c2s_stream_cancel_query(struct c2s_peer *p);

#endif
