/*
 * The login, as a state machine. Nothing is pipelined: every step waits for the server's answer, as ordinary clients do.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xload.h"
#include "xload_conn.h"
#include "xload_sasl.h"

void login_open_stream(struct conn *c, enum cstate next)
{
	c->state = (uint8_t)next;
	conn_sendf(c, "<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream="
		      "'http://etherx.jabber.org/streams' to='%s'%s>",
		   c->component ? "jabber:component:accept" : "jabber:client",
		   c->component ? opt.comp_domain : opt.domain,
		   c->component ? "" : " version='1.0' xml:lang='en'");
}

static void ready(struct conn *c)
{
	c->state = C_READY;
	tot.ready++;
	hist_add(&tot.login, now_ns() - c->t0);
	if (opt.presence && !c->component)
		conn_send(c, "<presence/>", 11);
	on_ready(c);
}

static void choose_mech(struct conn *c, const struct elem *f)
{
	static const char *const name[] = {[M_PLAIN] = "PLAIN", [M_SCRAM1] = "SCRAM-SHA-1",
					   [M_SCRAM256] = "SCRAM-SHA-256"};
	bool offered[4] = {false};
	char buf[512], tag[64];
	for (int m = M_PLAIN; m <= M_SCRAM256; m++) {
		snprintf(tag, sizeof tag, "<mechanism>%s</mechanism>", name[m]);
		offered[m] = xml_has(f, tag);
	}
	enum mech m = opt.mech;
	if (m == M_AUTO)
		m = offered[M_SCRAM256] ? M_SCRAM256 : offered[M_SCRAM1] ? M_SCRAM1 : M_PLAIN;
	if (!offered[m]) {
		conn_error(c, "mechanism not offered", f->p, f->len);
		return;
	}
	c->auth = calloc(1, sizeof *c->auth);
	c->auth->mech = m;
	if (sasl_first(c->auth, conn_user(c), opt.pass, buf, sizeof buf) < 0)
		die("user name too long");
	c->state = C_SASL;
	conn_sendf(c, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='%s'>%s</auth>",
		   name[m], buf);
}

static void on_features(struct conn *c, const struct elem *e)
{
	if (c->state == C_OPEN) {
		if (opt.tls == TLS_STARTTLS && !c->secure) {
			if (!xml_has(e, "<starttls")) {
				conn_error(c, "STARTTLS not offered", e->p, e->len);
				return;
			}
			c->state = C_PROCEED;
			conn_sendf(c, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		} else if (!strcmp(opt.mode, "register")) {
			c->state = C_REGISTER;
			conn_sendf(c, "<iq type='set' id='r'><query xmlns='jabber:iq:register'>"
				      "<username>%s</username><password>%s</password></query></iq>",
				   conn_user(c), opt.pass);
		} else {
			choose_mech(c, e);
		}
		return;
	}
	if (!xml_has(e, "<bind")) {
		conn_error(c, "bind not offered", e->p, e->len);
		return;
	}
	/* RFC 3921 session: only when offered and not marked optional (RFC 6121). */
	const char *s = memmem(e->p, e->len, "<session", 8);
	size_t left = s ? e->len - (size_t)(s - e->p) : 0;
	const char *end = s ? memmem(s, left, "</session>", 10) : NULL;
	bool optional = end && memmem(s, (size_t)(end - s), "<optional", 9);
	c->rx_next = s && !optional; /* remembered until the bind result */
	c->state = C_BIND;
	conn_sendf(c, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
		      "<resource>%s</resource></bind></iq>", opt.resource);
}

/* The text content of an element without children. */
static const char *text_of(const struct elem *e, size_t *n)
{
	const char *p = e->p + e->tag_len;
	*n = 0;
	if (e->len > e->tag_len)
		*n = e->len - e->tag_len - (e->name_len + 3);
	return p;
}

static void on_bound(struct conn *c, const struct elem *e)
{
	const char *p = memmem(e->p, e->len, "<jid>", 5), *q;
	size_t left = p ? e->len - (size_t)(p + 5 - e->p) : 0;
	if (!xml_attr_is(e, "type", "result") || !p || !(q = memmem(p + 5, left, "</jid>", 6))) {
		conn_error(c, "bind failed", e->p, e->len);
		return;
	}
	size_t n = (size_t)(q - p - 5);
	const char *want = conn_jid(c);
	if (strlen(want) != n || memcmp(want, p + 5, n))
		c->jid = strndup(p + 5, n);
	if (!c->rx_next) {
		ready(c);
		return;
	}
	c->rx_next = 0;
	c->state = C_SESSION;
	conn_sendf(c, "<iq type='set' id='s'><session "
		      "xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
}

static void on_sasl(struct conn *c, const struct elem *e)
{
	char buf[1024];
	size_t n;
	const char *text = text_of(e, &n);
	if (xml_is(e, "challenge")) {
		if (sasl_response(c->auth, opt.first + conn_idx(c), conn_user(c), opt.pass, text, n, buf,
				  sizeof buf) < 0) {
			conn_error(c, "bad SCRAM challenge", e->p, e->len);
			return;
		}
		conn_sendf(c, "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</response>", buf);
	} else if (xml_is(e, "success")) {
		if (!sasl_final_ok(c->auth, text, n)) {
			conn_error(c, "server signature is wrong", e->p, e->len);
			return;
		}
		free(c->auth);
		c->auth = NULL;
		login_open_stream(c, C_REOPEN);
	} else {
		conn_error(c, "authentication failed", e->p, e->len);
	}
}

static void on_registered(struct conn *c, const struct elem *e)
{
	if (xml_has(e, "<conflict"))
		tot.conflicts++;
	else if (!xml_attr_is(e, "type", "result")) {
		conn_error(c, "registration failed", e->p, e->len);
		return;
	}
	ready(c);
}

static void handshake_component(struct conn *c, const struct elem *e)
{
	const char *id;
	size_t n;
	unsigned char md[20];
	char in[256], hex[41];
	if (!xml_attr(e, "id", &id, &n))
		n = 0, id = "";
	snprintf(in, sizeof in, "%.*s%s", (int)n, id, opt.comp_secret);
	EVP_Digest(in, strlen(in), md, NULL, EVP_sha1(), NULL);
	for (int i = 0; i < 20; i++)
		snprintf(hex + 2 * i, 3, "%02x", md[i]);
	c->state = C_HANDSHAKE;
	conn_sendf(c, "<handshake>%s</handshake>", hex);
}

void login_on_header(struct conn *c, const struct elem *e)
{
	if (c->component && c->state == C_OPEN)
		handshake_component(c, e);
}

/* A server may ask its clients things; RFC 6120 demands an answer. */
static bool answer_iq(struct conn *c, const struct elem *e)
{
	const char *id, *from;
	size_t ilen, flen;
	if (!xml_is(e, "iq") || !(xml_attr_is(e, "type", "get") || xml_attr_is(e, "type", "set")))
		return false;
	if (!xml_attr(e, "id", &id, &ilen))
		ilen = 0, id = "";
	if (!xml_attr(e, "from", &from, &flen))
		flen = strlen(opt.domain), from = opt.domain;
	conn_sendf(c, "<iq type='error' id='%.*s' to='%.*s'><error type='cancel'><service-unavailable "
		      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
		   (int)ilen, id, (int)flen, from);
	return true;
}

void login_on_element(struct conn *c, const struct elem *e, uint64_t t)
{
	if (c->state == C_CLOSING)
		return;
	if (xml_is(e, "stream:error")) {
		conn_error(c, "stream error", e->p, e->len);
		return;
	}
	switch (c->state) {
	case C_READY:
		if (!answer_iq(c, e))
			on_stanza(c, e, t);
		return;
	case C_OPEN:
	case C_REOPEN:
		if (xml_is(e, "stream:features")) {
			on_features(c, e);
			return;
		}
		break;
	case C_PROCEED:
		if (xml_is(e, "proceed")) {
			conn_start_tls(c);
			return;
		}
		break;
	case C_SASL:
		on_sasl(c, e);
		return;
	case C_REGISTER:
		if (xml_is(e, "iq")) {
			on_registered(c, e);
			return;
		}
		break;
	case C_BIND:
	case C_SESSION:
		if (!xml_is(e, "iq"))
			return;
		if (c->state == C_BIND)
			on_bound(c, e);
		else if (xml_attr_is(e, "type", "result"))
			ready(c);
		else
			break;
		return;
	case C_HANDSHAKE:
		if (xml_is(e, "handshake")) {
			ready(c);
			return;
		}
		break;
	}
	conn_error(c, "unexpected element", e->p, e->len);
}
