#ifndef MEERKAT_WITHOUT_CURL
#include "auth/web_service.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/library.h"
#include "base/mem.h"

#define FUNCTIONS(X) \
	X(curl, easy_cleanup) X(curl, easy_getinfo) X(curl, easy_init) X(curl, easy_perform) \
	X(curl, easy_setopt) X(curl, easy_strerror) X(curl, global_init)

LIBRARY(curl, FUNCTIONS, LIBRARY_CURL);

/* A handle is a connection that is kept open. Those that nobody uses now are in a list. */
struct handle {
	struct handle *next;
	CURL *curl;
	char error[CURL_ERROR_SIZE];
};

struct web_service {
	const struct pool_http *settings;
	char *basic_auth; /* NULL: none */
	const _Atomic bool *is_closing;
	pthread_mutex_t lock;
	struct handle *idle;
};

static pthread_once_t has_started = PTHREAD_ONCE_INIT;

static void start_library(void)
{
	check(curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

/* Handles */

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	struct buf *body = context;

	buf_append(body, data, size * count);
	return body->over ? 0 : size * count;
}

static int on_progress(void *context, curl_off_t to_come, curl_off_t came, curl_off_t to_go, curl_off_t gone)
{
	const struct web_service *s = context;

	(void)to_come;
	(void)came;
	(void)to_go;
	(void)gone;
	return atomic_load(s->is_closing);
}

static long version_option(const struct option_list *versions)
{
	static const long lowest[] = {CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_3};
	static const long highest[] = {CURL_SSLVERSION_MAX_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_1, CURL_SSLVERSION_MAX_TLSv1_2,
				       CURL_SSLVERSION_MAX_TLSv1_3};
	const int *items = versions->items;
	int low = 3, high = 0;

	if (versions->count == 0)
		return CURL_SSLVERSION_TLSv1_2;
	for (size_t i = 0; i < versions->count; i++) {
		low = items[i] < low ? items[i] : low;
		high = items[i] > high ? items[i] : high;
	}
	return lowest[low] | highest[high];
}

static void set_text(CURL *c, CURLoption option, struct str value)
{
	if (value.data)
		curl.easy_setopt(c, option, value.data);
}

static void set_tls(CURL *c, const struct pool_tls *tls)
{
	bool verifies = !tls || tls->verify_mode == POOL_VERIFY_PEER;

	curl.easy_setopt(c, CURLOPT_SSL_VERIFYPEER, verifies ? 1L : 0L);
	curl.easy_setopt(c, CURLOPT_SSL_VERIFYHOST, verifies ? 2L : 0L);
	curl.easy_setopt(c, CURLOPT_SSLVERSION, tls ? version_option(&tls->versions) : CURL_SSLVERSION_TLSv1_2);
	if (!tls)
		return;
	set_text(c, CURLOPT_CAINFO, tls->cacertfile);
	set_text(c, CURLOPT_SSLCERT, tls->certfile);
	set_text(c, CURLOPT_SSLKEY, tls->keyfile.data ? tls->keyfile : tls->certfile);
	set_text(c, CURLOPT_KEYPASSWD, tls->password);
	set_text(c, CURLOPT_SSL_CIPHER_LIST, tls->ciphers);
}

static struct handle *new_handle(struct web_service *s)
{
	struct handle *h = mem_new(sizeof(*h));
	CURL *c = curl.easy_init();

	check(c != NULL);
	h->curl = c;
	curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl.easy_setopt(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl.easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl.easy_setopt(c, CURLOPT_PROXY, "");
	curl.easy_setopt(c, CURLOPT_USERAGENT, "meerkat");
	curl.easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl.easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl.easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl.easy_setopt(c, CURLOPT_XFERINFODATA, s);
	curl.easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)s->settings->request_timeout_ms);
	if (s->basic_auth) {
		curl.easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl.easy_setopt(c, CURLOPT_USERPWD, s->basic_auth);
	}
	set_tls(c, s->settings->tls);
	return h;
}

static void free_handle(struct handle *h)
{
	curl.easy_cleanup(h->curl);
	free(h);
}

static struct handle *take_handle(struct web_service *s)
{
	struct handle *h;

	pthread_mutex_lock(&s->lock);
	h = s->idle;
	if (h)
		s->idle = h->next;
	pthread_mutex_unlock(&s->lock);
	return h ? h : new_handle(s);
}

static void return_handle(struct web_service *s, struct handle *h)
{
	pthread_mutex_lock(&s->lock);
	h->next = s->idle;
	s->idle = h;
	pthread_mutex_unlock(&s->lock);
}

/* The service */

struct web_service *web_service_new(const struct pool_http *settings, struct str basic_auth, const _Atomic bool *is_closing,
				    struct why *why)
{
	struct web_service *s;

	if (!library_load(&curl_library, why))
		return NULL;
	pthread_once(&has_started, start_library);
	s = mem_new(sizeof(*s));
	s->settings = settings;
	s->basic_auth = basic_auth.data ? str_dup(basic_auth) : NULL;
	s->is_closing = is_closing;
	check(pthread_mutex_init(&s->lock, NULL) == 0);
	return s;
}

void web_service_free(struct web_service **service)
{
	struct web_service *s = *service;

	*service = NULL;
	if (!s)
		return;
	while (s->idle) {
		struct handle *h = s->idle;

		s->idle = h->next;
		free_handle(h);
	}
	if (s->basic_auth)
		codec_wipe(s->basic_auth, strlen(s->basic_auth));
	free(s->basic_auth);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* One request */

/* application/x-www-form-urlencoded; a space is %20, which everybody understands in a query, too. */
static void append_encoded(struct buf *out, struct str value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] && strchr(plain, value.data[i]))
			buf_append_char(out, value.data[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)value.data[i]);
	}
}

static void append_fields(struct buf *out, const struct web_service_field *fields)
{
	for (const struct web_service_field *f = fields; f->name; f++) {
		buf_printf(out, "%s%s=", f > fields ? "&" : "", f->name);
		append_encoded(out, f->value);
	}
}

/* "http://host" "/prefix" "/" "path" */
static void append_url(const struct web_service *s, const char *path, struct buf *out)
{
	struct str prefix = s->settings->path_prefix;

	buf_append_str(out, s->settings->host);
	if (!str_starts_with(prefix, STR("/")))
		buf_append_char(out, '/');
	buf_append_str(out, prefix);
	if (!str_ends_with(prefix, STR("/")))
		buf_append_char(out, '/');
	buf_append_text(out, path);
}

static void wipe(struct buf *b)
{
	if (b->data)
		codec_wipe(b->data, b->len);
	buf_fini(b);
}

static enum err result_of(CURLcode code, const struct handle *h, struct web_service_answer *out)
{
	long status = 0;

	if (code == CURLE_OK) {
		curl.easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
		out->status = (int)status;
		return ERR_NONE;
	}
	if (out->body.over)
		return err_because(ERR_LIMIT, &out->why, "the answer is larger than %d bytes", WEB_SERVICE_ANSWER_MAX);
	return err_because(code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_SYSTEM, &out->why, "%s",
			   h->error[0] ? h->error : curl.easy_strerror(code));
}

enum err web_service_ask(struct web_service *s, bool is_post, const char *path, const struct web_service_field *fields,
			 struct web_service_answer *out)
{
	struct handle *h = take_handle(s);
	struct buf url, form;
	enum err e;

	buf_init(&url);
	buf_init(&form);
	append_url(s, path, &url);
	append_fields(&form, fields);
	if (!is_post) {
		buf_append_char(&url, '?');
		buf_append_str(&url, buf_str(&form));
	}
	buf_append_char(&url, 0);
	buf_clear(&out->body);
	out->body.limit_bytes = WEB_SERVICE_ANSWER_MAX;
	h->error[0] = 0;
	curl.easy_setopt(h->curl, CURLOPT_URL, url.data);
	curl.easy_setopt(h->curl, CURLOPT_WRITEDATA, &out->body);
	if (is_post) {
		curl.easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE, (long)form.len);
		curl.easy_setopt(h->curl, CURLOPT_POSTFIELDS, form.data);
	} else {
		curl.easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	}
	e = result_of(curl.easy_perform(h->curl), h, out);
	return_handle(s, h);
	wipe(&url);
	wipe(&form);
	return e;
}
#endif
