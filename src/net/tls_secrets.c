#include "net/tls_secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "net/tls_setup.h"

static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		log_event(LOG_WARN, "net", "TLS secrets cannot be kept", LOG_TEXT("file", path), LOG_TEXT("reason", strerror(errno)));
	return fd;
}

/* One line, written in one go, so that those of several threads do not mix. Opened for each: it is only for debugging, and may be moved. */
static void keep(const SSL *ssl, const char *line)
{
	const char *path = getenv("SSLKEYLOGFILE");
	struct buf text;
	int fd;

	(void)ssl;
	if (!path || !*path || (fd = open_file(path)) < 0)
		return;
	buf_init(&text);
	buf_append_text(&text, line);
	buf_append_char(&text, '\n');
	if (write(fd, text.data, text.len) != (ssize_t)text.len)
		log_event(LOG_WARN, "net", "TLS secrets cannot be kept", LOG_TEXT("file", path), LOG_TEXT("reason", strerror(errno)));
	explicit_bzero(text.data, text.len);
	buf_fini(&text);
	close(fd);
}

void tls_secrets_apply(struct tls_setup_making *m)
{
	if (m->config->keep_secrets)
		SSL_CTX_set_keylog_callback(m->ssl, keep);
}
