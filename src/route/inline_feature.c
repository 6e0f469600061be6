#include "route/inline_feature.h"

static const struct module_inline *inlines_of(const struct module *m)
{
	static const struct module_inline none[] = {{0}};

	return m->def->inlines ? m->def->inlines : none;
}

void inline_feature_write(const struct host *h, struct writer *w)
{
	for (size_t i = 0; i < h->module_count; i++) {
		for (const struct module_inline *f = inlines_of(&h->modules[i]); f->ns; f++) {
			writer_open(w, "feature", NULL);
			writer_attribute_text(w, "var", f->ns);
			writer_close(w);
		}
	}
}

static void enable(struct session *s, struct module_inline_request *r)
{
	const struct host *h = s->user->host;
	struct str ns = node_ns(r->element, r->node);

	for (size_t i = 0; i < h->module_count; i++) {
		for (const struct module_inline *f = inlines_of(&h->modules[i]); f->ns; f++)
			if (str_is(ns, f->ns))
				f->enable(&h->modules[i], s, r);
	}
}

void inline_feature_enable(struct session *s, const struct stanza *request, const struct node *bind, struct writer *w)
{
	for (const struct node *n = node_first_child(request, bind); n && s->user; n = node_next_sibling(request, n))
		enable(s, &(struct module_inline_request){request, n, w});
}
