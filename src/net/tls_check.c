#include "net/tls_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "net/tls_name.h"
#include "net/tls_setup.h"

enum { HOSTS_SHOWN = 5 };

struct checking {
	tls_check_tell *tell;
	void *context;
};

static void tell_error(void *context, const void *value, const char *option, const char *text)
{
	struct checking *c = context;

	(void)option;
	c->tell(c->context, value, true, text);
}

static void warn_of_date(struct checking *c, const struct str *file, const char *what, const ASN1_TIME *date)
{
	char text[256], day[32];
	struct tm tm;

	if (ASN1_TIME_to_tm(date, &tm) != 1)
		return;
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	snprintf(text, sizeof(text), "%.*s: %s %s", STR_ARGS(*file), what, day);
	c->tell(c->context, file, false, text);
}

static void check_dates(struct checking *c, const struct tls_certificate *certificate, const struct str *file)
{
	const ASN1_TIME *begin = X509_get0_notBefore(certificate->x509), *end = X509_get0_notAfter(certificate->x509);

	if (X509_cmp_current_time(end) < 0)
		warn_of_date(c, file, "the certificate has ended on", end);
	if (X509_cmp_current_time(begin) > 0)
		warn_of_date(c, file, "the certificate is good only from", begin);
	for (int i = 0; i < sk_X509_num(certificate->chain); i++) {
		end = X509_get0_notAfter(sk_X509_value(certificate->chain, i));
		if (X509_cmp_current_time(end) < 0)
			warn_of_date(c, file, "a certificate of its chain has ended on", end);
	}
}

/* One line for all hosts that the certificate would be shown for and does not cover. */
static void check_names(struct checking *c, const struct tls_setup *setup, const struct tls_certificate *certificate,
			const struct option_list *hosts, const struct str *file)
{
	const struct str *names = hosts->items;
	size_t missing = 0;
	struct buf text;

	buf_init(&text);
	buf_printf(&text, "%.*s: the certificate does not cover ", STR_ARGS(*file));
	for (size_t i = 0; i < hosts->count; i++) {
		char *name = tls_certificate_wire_name(names[i]);
		const struct tls_certificate *shown = name ? tls_certificate_find(setup, str_from(name)) : NULL;

		free(name);
		if ((shown ? shown : &setup->own) != certificate || tls_name_covers(certificate->x509, names[i], "xmpp-client"))
			continue;
		if (missing++ < HOSTS_SHOWN)
			buf_printf(&text, "%s\"%.*s\"", missing > 1 ? ", " : "", STR_ARGS(names[i]));
	}
	if (missing > HOSTS_SHOWN)
		buf_printf(&text, " and %zu more", missing - HOSTS_SHOWN);
	buf_append_char(&text, '\0');
	if (missing)
		c->tell(c->context, file, false, text.data);
	buf_fini(&text);
}

bool tls_check(const struct config_tls *config, const struct option_list *hosts, tls_check_tell *tell, void *context)
{
	const struct config_certificate *more = config->certificates.items;
	struct checking c = {tell, context};
	struct tls_setup *setup = tls_setup_new(config, NULL, false, tell_error, &c);

	if (!setup)
		return false;
	if (setup->own.x509) {
		check_dates(&c, &setup->own, &config->certfile);
		check_names(&c, setup, &setup->own, hosts, &config->certfile);
	}
	for (size_t i = 0; i < config->certificates.count; i++) {
		char *name = tls_certificate_wire_name(more[i].host);
		const struct tls_certificate_named *n = map_find(&setup->named, str_from(name));

		free(name);
		check_dates(&c, &n->certificate, &more[i].certfile);
		check_names(&c, setup, &n->certificate, hosts, &more[i].certfile);
	}
	tls_setup_unref(&setup);
	return true;
}
