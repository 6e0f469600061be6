/* The bytes of a connection to an HTTP listener, as one read and cut into pieces: both ways are answered the same, nothing of it is held
 * afterwards. The first byte says how it is cut. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "support/http_bed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 16384 };

static struct http_bed bed;

static void begin(void)
{
	log_set_level(LOG_NONE);
	http_bed_init(&bed);
	http_bed_begin(&bed);
}

/* What may differ: dates, and whether somebody was asked to go on. */
static void hide_differences(struct buf *b)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	for (char *at; b->len && (at = memmem(b->data, b->len, go_on, sizeof(go_on) - 1)); b->len -= sizeof(go_on) - 1)
		memmove(at, at + sizeof(go_on) - 1, b->len - (size_t)(at - b->data) - (sizeof(go_on) - 1));
	for (char *at = b->data; b->len && (at = memmem(at, b->len - (size_t)(at - b->data), "\r\ndate: ", 8)); at += 8)
		memset(at + 8, 'x', b->len - (size_t)(at + 8 - b->data) < 29 ? b->len - (size_t)(at + 8 - b->data) : 29);
}

/* What is answered; the handlers that answer later answer at once. */
static void ask(struct str input, size_t step, struct buf *out)
{
	int fd = http_bed_connect(&bed, false);

	for (size_t at = 0; at < input.len; at += step) {
		size_t left = input.len - at;

		http_bed_send(&bed, fd, str_make(input.data + at, step < left ? step : left));
	}
	while (http_bed_receive(&bed, fd, out) && bed.kept) {
		struct exchange *x = bed.kept;

		bed.kept = NULL;
		if (x->subpath.len == 0 && str_is(x->path, "/later"))
			exchange_answer(x, 200, STR("text/plain"), STR("late"));
		else
			exchange_end(x);
	}
	shutdown(fd, SHUT_RDWR);
	close(fd);
	http_bed_turns(&bed, 3);
	hide_differences(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole, cut;

	if (len < 2 || len > INPUT_MAX)
		return 0;
	if (!bed.loop)
		begin();
	buf_init(&whole);
	buf_init(&cut);
	ask(str_make((const char *)data + 1, len - 1), SIZE_MAX / 2, &whole);
	ask(str_make((const char *)data + 1, len - 1), 1 + data[0], &cut);
	/* In HTTP/2 the order may differ too. */
	if (str_starts_with(buf_str(&whole), STR("HTTP/1.1")))
		check(str_equal(buf_str(&whole), buf_str(&cut)));
	check(list_is_empty(&bed.conns) && bed.held == 0);
	buf_fini(&whole);
	buf_fini(&cut);
	return 0;
}
