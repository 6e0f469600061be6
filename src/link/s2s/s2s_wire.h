/* s2s_wire: one stream with another server, whichever of us opened it: bytes, framing, tags, errors, the end (RFC 6120 §4).
 *
 * Embedded in s2s_in (they connected) and s2s_out (we did), which say by their s2s_wire_ops what becomes of what comes in. Holds no memory
 * of its own between elements. Internal to link/s2s. Threads: the loop of the connection. Test: test/wire/ */
#ifndef MEERKAT_LINK_S2S_WIRE_H
#define MEERKAT_LINK_S2S_WIRE_H

#include "conf/config.h"
#include "net/conn.h"
#include "net/tls_outgoing.h"
#include "xmpp/parser.h"
#include "xmpp/stanza.h"
#include "xmpp/writer.h"
#include "xmpp/xerror.h"

struct s2s_wire;

struct s2s_wire_ops {
	/* Borrowed. */
	void (*on_header)(struct s2s_wire *w, const struct stanza *tag);
	/* Yours. */
	void (*on_element)(struct s2s_wire *w, struct stanza *element);
	/* The peer has ended its stream; ours ends after this. */
	void (*on_end)(struct s2s_wire *w);
	/* TLS is there; the stream begins anew. */
	void (*on_secure)(struct s2s_wire *w);
	/* It has come to the loop it was moved to. NULL: it never moves. */
	void (*on_moved)(struct s2s_wire *w);
	/* An error has to be said, and no opening tag of ours was sent. */
	void (*send_header)(struct s2s_wire *w);
	/* The connection is gone, once. */
	void (*on_closed)(struct s2s_wire *w, enum err reason);
};

struct s2s_wire {
	struct conn conn;
	struct parser parser;
	const struct s2s_wire_ops *ops;
	const struct config_meerkat *limits; /* borrowed, constant */
	uint32_t held_bytes;                 /* as counted by admission_hold */
	bool is_header_sent, is_secure;
	bool awaits_tls; /* what came in the clear is thrown away */
	bool is_ended;   /* nothing more is taken */
	bool was_cut;    /* the connection was lost before the stream had ended */
	bool is_paused;
	bool is_silent;  /* an error is not said (hide_service_name) */
};

/* Takes over a connected socket. The parser's limits are borrowed and may be changed later. */
struct s2s_wire_start {
	const struct s2s_wire_ops *ops;
	const struct config_meerkat *limits;
	const struct parser_limits *parser_limits;
	struct loop *loop;
	int fd;
	struct ip peer;
};
void s2s_wire_init(struct s2s_wire *w, const struct s2s_wire_start *start);

/* From on_closed, or at the end. */
void s2s_wire_fini(struct s2s_wire *w);

/* The next that comes is an opening tag. */
void s2s_wire_restart(struct s2s_wire *w);

/* Sends XML. */
void s2s_wire_send(struct s2s_wire *w, struct str xml);

/* A writer on the loop's scratch; s2s_wire_finish sends what was written. Nothing else may be sent between the two. */
struct writer s2s_wire_begin(struct s2s_wire *w);
void s2s_wire_finish(struct s2s_wire *w);

/* Our opening tag; id empty: the one who opens the stream gives none; names empty: left out. */
struct s2s_wire_header {
	struct str id, from, to, language;
	bool has_version;
};
void s2s_wire_send_header(struct s2s_wire *w, const struct s2s_wire_header *h);

/* The server's or the client's side of TLS, after what was sent. */
void s2s_wire_accept_tls(struct s2s_wire *w, struct tls_context *context, bool is_direct);
void s2s_wire_start_tls(struct s2s_wire *w, struct tls_context *context, const struct tls_outgoing_wish *wish);

/* No reading until resume. */
void s2s_wire_pause(struct s2s_wire *w);
void s2s_wire_resume(struct s2s_wire *w);

/* Ends the stream with an error, or in order; nothing happens on one that has ended. */
void s2s_wire_error(struct s2s_wire *w, enum stream_error e, const char *text);
void s2s_wire_end(struct s2s_wire *w);

/* The condition of a <stream:error/> of the peer, as an element name; "undefined-condition" if it says nothing. */
struct str s2s_wire_condition(const struct stanza *error);

/* Is this element of this name and namespace? */
bool s2s_wire_is(const struct stanza *element, const char *name, const char *ns);

/* Does the opening tag declare the namespace of dialback (XEP-0220 §2.1)? */
bool s2s_wire_declares_dialback(const struct stanza *tag);

#endif
