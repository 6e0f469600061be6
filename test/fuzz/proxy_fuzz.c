/* proxy_fuzz: any bytes as a PROXY header: what comes of them does not depend on how they are cut. */
#include <stdint.h>

#include "base/check.h"
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum proxy_result result;
	size_t used;
	struct ip source;
};

static struct outcome read_header(const char *data, size_t size, size_t piece)
{
	struct outcome o = {.result = PROXY_MORE};
	struct proxy p;

	proxy_init(&p);
	while (o.used < size && o.result == PROXY_MORE) {
		size_t used, len = size - o.used < piece ? size - o.used : piece;

		o.result = proxy_feed(&p, str_make(data + o.used, len), &used);
		check(used <= len && (used == len || o.result != PROXY_MORE));
		o.used += used;
	}
	if (o.result == PROXY_DONE)
		o.source = proxy_source(&p, (struct ip){.version = 6, .port = 1});
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct outcome whole = read_header(bytes, size, SIZE_MAX);

	for (size_t piece = 1; piece <= 3; piece++) {
		struct outcome o = read_header(bytes, size, piece);

		check(o.result == whole.result && ip_equal(o.source, whole.source) && o.source.port == whole.source.port);
		/* What is malformed is known at the latest where it was known in one piece, to the piece. */
		check(o.result == PROXY_MALFORMED || o.used == whole.used);
	}
	check(whole.result != PROXY_DONE || whole.used >= 15);
	return 0;
}
