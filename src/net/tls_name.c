/* RFC 6120 §13.7.1, RFC 4985 (SRVName), RFC 6125 */
#include "net/tls_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/x509v3.h>

#include "base/codec.h"
#include "net/tls_certificate.h"

#define ID_XMPP_ADDRESS "1.3.6.1.5.5.7.8.5"
#define ID_DNS_SERVICE "1.3.6.1.5.5.7.8.7"

/* A certificate can hold many; nobody has so many. */
enum { NAMES_MAX = 64 };

static bool is_other_name(const GENERAL_NAME *n, const char *id)
{
	char text[64];

	if (n->type != GEN_OTHERNAME)
		return false;
	OBJ_obj2txt(text, sizeof(text), n->d.otherName->type_id, 1);
	return strcmp(text, id) == 0;
}

static bool is_name(struct str text)
{
	return text.len > 0 && !memchr(text.data, 0, text.len) && codec_utf8_is_valid(text);
}

static void add(struct tls_name_list *list, struct arena *a, struct str text)
{
	if (list->count < NAMES_MAX)
		list->items[list->count++] = is_name(text) ? arena_str(a, text) : STR("");
}

static struct str text_of(const ASN1_STRING *s)
{
	return str_make((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static struct tls_name_list list_other_names(X509 *x509, struct arena *a, const char *id, int type)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	struct tls_name_list list = {.items = arena_alloc_array(a, NAMES_MAX, sizeof(struct str))};

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (is_other_name(n, id)) {
			const ASN1_TYPE *value = n->d.otherName->value;

			add(&list, a, value->type == type ? text_of(value->value.asn1_string) : STR(""));
		}
	}
	GENERAL_NAMES_free(names);
	return list;
}

struct tls_name_list tls_name_addresses(X509 *x509, struct arena *a)
{
	return list_other_names(x509, a, ID_XMPP_ADDRESS, V_ASN1_UTF8STRING);
}

struct tls_name_list tls_name_common(X509 *x509, struct arena *a)
{
	X509_NAME *subject = X509_get_subject_name(x509);
	struct tls_name_list list = {.items = arena_alloc_array(a, NAMES_MAX, sizeof(struct str))};

	for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
		const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
		unsigned char *utf8 = NULL;
		int len = ASN1_STRING_to_UTF8(&utf8, value);

		add(&list, a, len >= 0 ? str_make((const char *)utf8, (size_t)len) : STR(""));
		OPENSSL_free(utf8);
	}
	return list;
}

static bool has(const struct tls_name_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcasecmp(list->items[i].data, name) == 0)
			return true;
	return false;
}

bool tls_name_covers(X509 *x509, struct str domain, const char *service)
{
	char *name = tls_certificate_wire_name(domain), *service_name = NULL;
	struct tls_name_list addresses, services;
	struct arena a;
	bool is_covered;

	if (!name || asprintf(&service_name, "_%s.%s", service, name) < 0) {
		free(name);
		return false;
	}
	arena_init(&a, 0);
	addresses = tls_name_addresses(x509, &a);
	services = list_other_names(x509, &a, ID_DNS_SERVICE, V_ASN1_IA5STRING);
	is_covered = X509_check_host(x509, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1 || has(&services, service_name) ||
		     has(&addresses, name) || has(&addresses, arena_str(&a, domain).data);
	arena_fini(&a);
	free(service_name);
	free(name);
	return is_covered;
}
