#include "main/loading.h"

#include "auth/account.h"
#include "ext/all.h"
#include "net/tls.h"
#include "net/tls_check.h"

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

const struct config *loading_read(const struct options *o, const struct host_set **hosts_out, struct buf *report)
{
	struct config_known known = all_known_modules();
	struct why why = {""};
	const struct config *c = config_load(o->config_path, &known, (struct config_flags){o->ignore_unsupported}, report);
	bool is_good = c && check_files(c, report);

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
