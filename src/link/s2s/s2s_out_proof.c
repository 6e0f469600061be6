#include "link/s2s/s2s_out_proof.h"

#include "base/codec.h"
#include "xmpp/ns.h"

static bool offers_external(const struct stanza *features)
{
	const struct node *list = node_find_child(features, node_root(features), "mechanisms", NS_SASL);
	struct arena scratch;
	bool has_it = false;

	arena_init(&scratch, 0);
	for (const struct node *n = list ? node_first_child(features, list) : NULL; n; n = node_next_sibling(features, n))
		has_it = has_it || str_is(str_trim(node_text(features, n, &scratch)), "EXTERNAL");
	arena_fini(&scratch);
	return has_it;
}

void s2s_out_proof_read(struct s2s_out_offer *o, const struct stanza *features, bool is_secure)
{
	const struct node *root = node_root(features), *dialback = node_find_child(features, root, "dialback", NS_DIALBACK_FEATURE);

	o->starttls = node_find_child(features, root, "starttls", NS_TLS);
	o->external = is_secure && offers_external(features);
	o->dialback = o->dialback || dialback;
	o->dialback_errors = dialback && node_find_child(features, dialback, "errors", NULL);
	o->management = node_find_child(features, root, "sm", NS_SM);
	o->bidi = node_find_child(features, root, "bidi", NS_BIDI_FEATURE);
}

void s2s_out_proof_external(struct s2s_wire *wire, struct str local)
{
	struct writer w = s2s_wire_begin(wire);
	struct arena scratch;

	arena_init(&scratch, 0);
	writer_open(&w, "auth", NS_SASL);
	writer_attribute_text(&w, "mechanism", "EXTERNAL");
	writer_text(&w, codec_base64(&scratch, local.data, local.len));
	writer_close(&w);
	s2s_wire_finish(wire);
	arena_fini(&scratch);
}

void s2s_out_proof_key(struct s2s_wire *wire, const struct dialback_key_about *about)
{
	char key[DIALBACK_KEY_CHARS + 1];
	struct writer w = s2s_wire_begin(wire);

	dialback_key_make(key, about);
	writer_open(&w, "db:result", NULL);
	writer_attribute(&w, "from", about->originating);
	writer_attribute(&w, "to", about->receiving);
	writer_text(&w, str_from(key));
	writer_close(&w);
	s2s_wire_finish(wire);
}

void s2s_out_proof_ask(struct s2s_wire *wire, struct s2s_verify *v)
{
	struct writer w = s2s_wire_begin(wire);

	v->is_sent = true;
	writer_open(&w, "db:verify", NULL);
	writer_attribute(&w, "from", v->local);
	writer_attribute(&w, "to", v->remote);
	writer_attribute(&w, "id", v->id);
	writer_text(&w, v->key);
	writer_close(&w);
	s2s_wire_finish(wire);
}
