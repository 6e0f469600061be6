/* What follows the preface of HTTP/2, cut into pieces of the first byte's size: nothing of it is held afterwards. */
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "support/http_bed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 16384 };

static struct http_bed bed;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf got;
	int fd;

	if (len < 2 || len > INPUT_MAX)
		return 0;
	if (!bed.loop) {
		log_set_level(LOG_NONE);
		http_bed_init(&bed);
		http_bed_begin(&bed);
	}
	buf_init(&got);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
	for (size_t at = 1, step = 1 + data[0] * 4; at < len; at += step)
		http_bed_send(&bed, fd, str_make((const char *)data + at, step < len - at ? step : len - at));
	http_bed_receive(&bed, fd, &got);
	shutdown(fd, SHUT_RDWR);
	close(fd);
	http_bed_turns(&bed, 3);
	check(list_is_empty(&bed.conns) && bed.held == 0);
	buf_fini(&got);
	return 0;
}
