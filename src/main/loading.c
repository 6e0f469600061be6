#include "main/loading.h"

#include "auth/account.h"
#include "conf/layout.h"
#include "ext/all.h"
#include "net/tls.h"
#include "net/resolve.h"
#include "net/tls_check.h"
#include "net/tls_outgoing.h"

struct finding {
	const struct config *config;
	struct buf *report;
};

static void report_finding(void *context, const void *value, bool is_error, const char *text)
{
	const struct finding *f = context;

	config_report(f->config, value, is_error, text, f->report);
}

/* Certificates, keys and what else a TLS section names, and the files of the login methods. */
static bool check_files(const struct config *c, struct buf *report)
{
	struct finding f = {c, report};
	struct why why = {""};
	bool is_good = true;

	for (size_t i = 0; i < c->listener_count; i++) {
		const struct config_tls *t = c->listeners[i]->tls;

		if (t && tls_is_possible(t))
			is_good &= tls_check(t, &c->general.hosts, report_finding, &f);
	}
	if (!account_service_check(c, &why)) {
		buf_printf(report, "%.*s: error: %s\n", STR_ARGS(c->path), why.text);
		is_good = false;
	}
	return is_good;
}

/* Each mistake at its place; what else OpenSSL has against it, as a whole. */
static bool check_outgoing_tls(const struct config *c, const struct config_tls *t, struct buf *report)
{
	struct finding f = {c, report};
	struct why why = {""};
	struct tls_context *tls;
	bool is_good;

	if (tls_is_possible(t) && !tls_check(t, &c->general.hosts, report_finding, &f))
		return false;
	tls = tls_outgoing_context_new(t, "xmpp-server", &why);
	is_good = tls != NULL;
	if (!is_good)
		config_report(c, NULL, true, why.text, report);
	tls_context_unref(&tls);
	return is_good;
}

/* The files of meerkat.resolver, and of the TLS towards other servers. */
static bool check_federation(const struct config *c, struct buf *report)
{
	const struct config_resolver *r = &c->meerkat.resolver;
	struct why why = {""};
	struct resolve *resolve = resolve_new(r, &why);
	bool is_good = resolve != NULL;

	resolve_free(&resolve);
	if (!is_good)
		config_report(c, r->file.data ? &c->file->meerkat.resolver.file : &c->file->meerkat.resolver.trust_anchor_file, true, why.text,
			      report);
	for (size_t i = 0; i < c->host_count; i++) {
		if (i == 0 || c->hosts[i].s2s != c->hosts[0].s2s)
			is_good &= check_outgoing_tls(c, c->hosts[i].s2s->outgoing.tls, report);
	}
	return is_good;
}

const struct config *loading_read(const struct options *o, const struct host_set **hosts_out, struct buf *report)
{
	struct config_known known = all_known_modules();
	struct why why = {""};
	const struct config *c = config_load(o->config_path, &known, (struct config_flags){o->ignore_unsupported}, report);
	bool is_good = c && check_files(c, report) && check_federation(c, report);

	*hosts_out = c ? host_set_new(c, all_modules, &why) : NULL;
	if (c && !*hosts_out)
		buf_printf(report, "%s: error: %s\n", o->config_path, why.text);
	if (is_good && *hosts_out)
		return c;
	if (*hosts_out)
		host_set_unref(hosts_out);
	config_unref(&c);
	return NULL;
}
