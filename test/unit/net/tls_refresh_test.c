/* Certificates that are renewed while the server runs (T-TLS-23). */
#include "net/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "support/certificate.h"
#include "support/tls_pair.h"

static struct certificate first, second;

static int make_certificates(void **state)
{
	(void)state;
	log_set_level(LOG_NONE);
	certificate_init(&first, "first", 100);
	certificate_init(&second, "second", 200);
	return 0;
}

static int remove_certificates(void **state)
{
	(void)state;
	certificate_fini(&first);
	certificate_fini(&second);
	return 0;
}

static struct config_tls config_of(const struct certificate *files)
{
	return (struct config_tls){
		.certfile = str_from(files->certfile), .keyfile = str_from(files->keyfile), .verify_mode = CONFIG_VERIFY_NONE,
	};
}

/* Once to see that something has changed, once to see that it stays so. */
static void refresh(void)
{
	tls_context_refresh_all();
	tls_context_refresh_all();
}

static void assert_days(struct tls_context *context, int64_t days)
{
	assert_int_equal(tls_context_days_left(context), days);
}

static void serves_the_next_one_with_what_is_new(void **state)
{
	struct certificate files;
	struct config_tls config;
	struct tls_pair p;
	struct tls *old;

	(void)state;
	certificate_init(&files, "files", 50);
	certificate_replace(&first, &files);
	config = config_of(&files);
	tls_pair_init(&p, &config, NULL);
	tls_pair_shake_hands(&p, SIZE_MAX);
	refresh();
	assert_days(p.context, 100);
	certificate_replace(&second, &files);
	tls_context_refresh_all();
	assert_days(p.context, 100);
	tls_context_refresh_all();
	assert_days(p.context, 200);

	/* Who is there stays. */
	tls_client_send(&p.client, STR("hello"), &p.to_server);
	tls_pair_serve(&p, SIZE_MAX);
	assert_true(str_is(buf_str(&p.got), "hello"));
	old = p.server;
	p.server = tls_new(p.context);
	tls_client_fini(&p.client);
	tls_client_init(&p.client);
	tls_pair_shake_hands(&p, SIZE_MAX);
	assert_int_equal(X509_cmp(SSL_get0_peer_certificate(p.client.ssl), second.x509), 0);
	tls_free(&old);
	tls_pair_fini(&p);
	certificate_fini(&files);
}

static void keeps_what_it_has_when_the_new_is_broken(void **state)
{
	struct certificate files;
	struct config_tls config;
	struct tls_context *context;
	FILE *f;

	(void)state;
	certificate_init(&files, "files", 50);
	config = config_of(&files);
	context = tls_context_new(&config, NULL, NULL);

	/* The key of another. */
	f = fopen(files.keyfile, "w");
	fputs("not a key\n", f);
	fclose(f);
	refresh();
	assert_days(context, 50);
	assert_int_equal(truncate(files.certfile, 0), 0);
	refresh();
	assert_days(context, 50);
	unlink(files.certfile);
	refresh();
	assert_days(context, 50);

	certificate_replace(&second, &files);
	refresh();
	assert_days(context, 200);
	tls_context_unref(&context);
	certificate_fini(&files);
}

static void follows_links(void **state)
{
	struct certificate_paths {
		char certfile[200], keyfile[200];
	} links;
	struct config_tls config;
	struct tls_context *context;
	char next[200];

	(void)state;
	snprintf(links.certfile, sizeof(links.certfile), "%s/link-cert.pem", first.folder);
	snprintf(links.keyfile, sizeof(links.keyfile), "%s/link-key.pem", first.folder);
	assert_int_equal(symlink(first.certfile, links.certfile), 0);
	assert_int_equal(symlink(first.keyfile, links.keyfile), 0);
	config = (struct config_tls){
		.certfile = str_from(links.certfile), .keyfile = str_from(links.keyfile), .verify_mode = CONFIG_VERIFY_NONE,
	};
	context = tls_context_new(&config, NULL, NULL);
	assert_days(context, 100);
	snprintf(next, sizeof(next), "%s/next", first.folder);
	assert_int_equal(symlink(second.certfile, next), 0);
	assert_int_equal(rename(next, links.certfile), 0);
	assert_int_equal(symlink(second.keyfile, next), 0);
	assert_int_equal(rename(next, links.keyfile), 0);
	refresh();
	assert_days(context, 200);
	tls_context_unref(&context);
	unlink(links.certfile);
	unlink(links.keyfile);
}

static void needs_no_configuration_any_more(void **state)
{
	struct certificate files;
	char certfile[200], keyfile[200], password[16] = "secret";
	struct config_tls config;
	struct tls_context *context;

	(void)state;
	certificate_init(&files, "files", 50);
	strcpy(certfile, files.certfile);
	strcpy(keyfile, files.secretfile);
	config = (struct config_tls){
		.certfile = str_from(certfile), .keyfile = str_from(keyfile), .password = str_from(password), .verify_mode = CONFIG_VERIFY_NONE,
	};
	context = tls_context_new(&config, NULL, NULL);
	memset(&config, 0, sizeof(config));
	memset(certfile, 'x', sizeof(certfile));
	memset(keyfile, 'x', sizeof(keyfile));
	memset(password, 'x', sizeof(password));
	certificate_replace(&second, &files);
	refresh();
	assert_days(context, 200);
	tls_context_unref(&context);
	certificate_fini(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_the_next_one_with_what_is_new),
		cmocka_unit_test(keeps_what_it_has_when_the_new_is_broken),
		cmocka_unit_test(follows_links),
		cmocka_unit_test(needs_no_configuration_any_more),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
