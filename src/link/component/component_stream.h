/* component_stream: the stream of a component until it is let in, and its end: opening tag, handshake, the name it asks for, errors.
 *
 * The states are in component_states.def, with what they wait for and for how long. Internal to link/component.
 * Threads: the loop of the connection. Tests: test/wire/65-components */
#ifndef MEERKAT_LINK_COMPONENT_STREAM_H
#define MEERKAT_LINK_COMPONENT_STREAM_H

#include "link/component/component_peer.h"

void component_stream_init(struct component_peer *p, bool awaits_tls);
void component_stream_fini(struct component_peer *p);

bool component_stream_takes_input(const struct component_peer *p);

/* An opening tag or an element; becomes the stream's. */
void component_stream_receive(struct component_peer *p, struct stanza *element);
/* The component has ended its stream. */
void component_stream_end(struct component_peer *p);
/* The TLS handshake is done. */
void component_stream_secured(struct component_peer *p);

/* Ends the stream with an error: an opening tag if none was sent, the error, the end. text is for people, may be NULL. Nothing happens on a
 * stream that has ended. */
void component_stream_error(struct component_peer *p, enum stream_error e, const char *text);

#endif
