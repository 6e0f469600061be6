/* RFC 6120 §6 as the one who is connected to; XEP-0178 §3 */
#include "link/s2s/s2s_in_sasl.h"

#include "base/codec.h"
#include "base/metric.h"
#include "link/s2s/s2s_in_dialback.h"
#include "xmpp/ns.h"

/* RFC 6120 §6.4.5 lets a client try again; a server's certificate does not change. */
static void fail_auth(struct s2s_in *in, const char *condition)
{
	struct writer w = s2s_wire_begin(&in->wire);

	metric_add(METRIC_s2s_refused, 1);
	writer_open(&w, "failure", NS_SASL);
	writer_empty(&w, condition, NULL);
	writer_close(&w);
	s2s_wire_finish(&in->wire);
	s2s_wire_end(&in->wire);
}

/* As whom it wants to act: what it says, or else who it said it was. False: that is no domain. */
static bool read_identity(const struct s2s_in *in, const struct stanza *e, struct arena *a, struct str *out)
{
	struct str text = str_trim(node_text(e, node_root(e), a)), decoded;

	*out = in->remote;
	if (text.len == 0 || str_is(text, "="))
		return out->len > 0;
	return codec_base64_decode(a, text, &decoded) && jid_prepare_domain(decoded, a, out);
}

static void take_identity(struct s2s_in *in, struct str remote)
{
	struct s2s_in_pair *pair = s2s_in_dialback_find(in, in->local, remote);

	if (!pair)
		pair = s2s_in_dialback_add(in, in->local, remote);
	if (!pair) {
		fail_auth(in, "temporary-auth-failure");
		return;
	}
	s2s_wire_send(&in->wire, STR("<success xmlns='" NS_SASL "'/>"));
	in->has_external = true;
	s2s_in_prove(in, pair, "certificate");
	s2s_wire_restart(&in->wire);
	in->remote = arena_str(&in->arena, remote);
}

void s2s_in_sasl_take(struct s2s_in *in, const struct stanza *e)
{
	struct arena scratch;
	struct str remote;

	arena_init(&scratch, 0);
	if (s2s_in_is_tls_due(in))
		fail_auth(in, "encryption-required");
	else if (!str_is(node_attribute_raw(e, node_root(e), "mechanism"), "EXTERNAL"))
		fail_auth(in, "invalid-mechanism");
	else if (in->has_external || !in->has_version)
		s2s_wire_error(&in->wire, STREAM_ERROR_POLICY_VIOLATION, "this is known already");
	else if (!read_identity(in, e, &scratch, &remote))
		fail_auth(in, "invalid-authzid");
	else if (!s2s_in_is_covered(in, remote) || s2s_place_is_ours(in->place, remote) || !s2s_in_is_allowed(in, in->local, remote))
		fail_auth(in, "not-authorized");
	else
		take_identity(in, remote);
	arena_fini(&scratch);
}
