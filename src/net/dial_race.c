#include "net/dial_race.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

enum {
	NEXT_ADDRESS_MS = 250,    /* RFC 8305 §5, Connection Attempt Delay */
	OTHER_FAMILY_MS = 50,     /* RFC 8305 §3, Resolution Delay */
	NEXT_CANDIDATE_MS = 2000, /* before a worse record is tried beside one that is silent */
	TRACE_BYTES = 8192,
};

enum address_state { ADDRESS_WAITS, ADDRESS_CONNECTS, ADDRESS_CONNECTED, ADDRESS_OVER };

struct dial_race_address {
	struct list link; /* in its target */
	struct dial_race_target *target;
	struct ip ip;
	enum address_state state;
	struct loop_source source;
	struct timer timer;
	uint64_t since_ms;
};

/* ---- what is told ---- */

void dial_race_note(struct dial_race *r, const char *format, ...)
{
	char line[640];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buf_printf(&r->trace, "%s\n", line);
}

void dial_race_note_failure(struct dial_race *r, enum dial_step step, enum err e, const char *what, const char *text)
{
	dial_race_note(r, "%s: %s%s", dial_step_text(step), what, text);
	/* That something could be connected to, and was not, says more than that something else was not found. */
	if (r->result.step == DIAL_CONNECT && step == DIAL_RESOLVE)
		return;
	if (r->result.error && r->result.error != ERR_NOT_FOUND && e == ERR_NOT_FOUND)
		return;
	r->result.step = step;
	r->result.error = err_because(e, &r->result.why, "%s", text);
}

/* ---- addresses ---- */

static void stop_connecting(struct dial_race_address *a, enum address_state state)
{
	struct dial_race *r = a->target->race;

	timer_stop(&a->timer);
	a->state = state;
	if (a->source.fd < 0)
		return;
	loop_unwatch(r->loop, &a->source);
	close(a->source.fd);
	a->source.fd = -1;
}

/* For all of them, in the order of candidates. */
static void stop_all(struct dial_race *r, enum address_state state)
{
	for (size_t i = 0; i < r->target_count; i++)
		list_each(link, &r->targets[i].addresses)
		{
			struct dial_race_address *a = container_of(link, struct dial_race_address, link);

			if (a->state == ADDRESS_CONNECTS)
				stop_connecting(a, state);
		}
}

static bool is_connecting(const struct dial_race *r)
{
	for (size_t i = 0; i < r->target_count; i++)
		list_each(link, &r->targets[i].addresses)
			if (container_of(link, struct dial_race_address, link)->state == ADDRESS_CONNECTS)
				return true;
	return false;
}

static bool target_is_asking(const struct dial_race_target *t)
{
	for (size_t i = 0; i < t->family_count; i++)
		if (t->families[i].handle)
			return true;
	return false;
}

static bool is_asking(const struct dial_race *r)
{
	for (size_t i = 0; i < r->target_count; i++)
		if (target_is_asking(&r->targets[i]))
			return true;
	return false;
}

/* Families take turns within a candidate (RFC 8305 §4). */
static struct dial_race_address *find_waiting(const struct dial_race *r)
{
	for (size_t i = 0; i < r->target_count; i++) {
		struct dial_race_address *first = NULL;

		list_each(link, &r->targets[i].addresses)
		{
			struct dial_race_address *a = container_of(link, struct dial_race_address, link);

			if (a->state != ADDRESS_WAITS)
				continue;
			if (a->ip.version != r->last_version)
				return a;
			first = first ? first : a;
		}
		if (first)
			return first;
	}
	return NULL;
}

/* ---- the end ---- */

static void succeed(struct dial_race *r, struct dial_race_address *a)
{
	const struct dial_race_target *t = a->target;
	int fd = a->source.fd;

	timer_stop(&r->timer);
	r->result = (struct dial_result){
		.fd = fd,
		.step = DIAL_CONNECT,
		.address = a->ip,
		.host = t->candidate.host,
		.is_direct_tls = t->candidate.is_direct_tls,
		.is_secure = t->is_proved,
		.tlsa = t->tlsas,
		.tlsa_count = t->tlsa_count,
	};
	a->source.fd = -1;
	a->state = ADDRESS_OVER;
	r->winner = NULL;
	r->is_resting = true;
	r->on_done(r->context, &r->result);
}

void dial_race_fail(struct dial_race *r)
{
	timer_stop(&r->timer);
	if (!r->result.error)
		r->result.error = err_because(ERR_NOT_FOUND, &r->result.why, "no address was found");
	r->result.fd = -1;
	r->is_resting = true;
	r->on_done(r->context, &r->result);
}

/* ---- connecting ---- */

/* Not from here: whoever calls may be anywhere. */
static void go_on(struct dial_race *r)
{
	timer_start(r->loop->timers, &r->timer, 0);
}

static void on_connected(struct dial_race_address *a)
{
	struct dial_race *r = a->target->race;
	char text[IP_TEXT_MAX];

	dial_race_note(r, "connect: %s: connected after %llu ms", ip_format(a->ip, true, text),
	     (unsigned long long)(timer_now_ms(r->loop->timers) - a->since_ms));
	timer_stop(&a->timer);
	loop_unwatch(r->loop, &a->source);
	a->state = ADDRESS_CONNECTED;
	r->winner = a;
	stop_all(r, ADDRESS_WAITS);
	/* Whether the certificate has to be a certain one must be known before anything is said. */
	if (!a->target->tlsa.handle)
		succeed(r, a);
}

static void on_failed(struct dial_race_address *a, enum err e, const char *reason)
{
	struct dial_race *r = a->target->race;
	char address[IP_TEXT_MAX], text[256];

	snprintf(text, sizeof(text), "%s: %s", ip_format(a->ip, true, address), reason);
	stop_connecting(a, ADDRESS_OVER);
	r->next_address_ms = 0;
	dial_race_note_failure(r, DIAL_CONNECT, e, "", text);
}

static void on_ready(struct loop_source *s, uint32_t events)
{
	struct dial_race_address *a = container_of(s, struct dial_race_address, source);
	struct dial_race *r = a->target->race;
	int failure = 0;
	socklen_t len = sizeof(failure);

	(void)events;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0)
		failure = errno;
	if (!failure) {
		on_connected(a);
		return;
	}
	on_failed(a, err_from_errno(failure), strerror(failure));
	go_on(r);
}

static void on_silence(struct timer *t)
{
	struct dial_race_address *a = container_of(t, struct dial_race_address, timer);
	struct dial_race *r = a->target->race;
	char text[64];

	snprintf(text, sizeof(text), "no answer within %lld ms", (long long)r->config->outgoing.connection_timeout_ms);
	on_failed(a, ERR_TIMEOUT, text);
	go_on(r);
}

/* False: it has failed already. */
static bool start_connecting(struct dial_race_address *a)
{
	struct dial_race *r = a->target->race;
	struct sockaddr_storage to;
	socklen_t len = ip_to_sockaddr(a->ip, &to);
	int64_t limit_ms = r->config->outgoing.connection_timeout_ms;

	r->last_version = a->ip.version;
	a->since_ms = timer_now_ms(r->loop->timers);
	a->source = (struct loop_source){
		.fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
		.on_ready = on_ready,
	};
	if (a->source.fd < 0 || (connect(a->source.fd, (const struct sockaddr *)&to, len) != 0 && errno != EINPROGRESS)) {
		on_failed(a, err_from_errno(errno), strerror(errno));
		return false;
	}
	a->state = ADDRESS_CONNECTS;
	loop_watch(r->loop, &a->source, EPOLLOUT);
	if (limit_ms < OPTION_INFINITY)
		timer_start(r->loop->timers, &a->timer, (uint64_t)limit_ms);
	return true;
}

/* ---- looking up a candidate's addresses ---- */

static void add_address(struct dial_race_target *t, struct ip ip)
{
	struct dial_race_address *a = arena_alloc(&t->race->arena, sizeof(*a));

	ip.port = t->candidate.port;
	a->target = t;
	a->ip = ip;
	a->source.fd = -1;
	timer_init(&a->timer, on_silence);
	list_append(&t->addresses, &a->link);
}

static void bar(struct dial_race_target *t)
{
	t->is_barred = true;
	list_each(link, &t->addresses)
	{
		struct dial_race_address *a = container_of(link, struct dial_race_address, link);

		if (t->race->winner == a)
			t->race->winner = NULL;
		stop_connecting(a, ADDRESS_OVER);
	}
}

static void copy_tlsas(struct dial_race_target *t, const struct resolve_answer *answer)
{
	struct arena *a = &t->race->arena;
	struct resolve_tlsa *copies = arena_alloc_array(a, answer->count, sizeof(*copies));

	for (size_t i = 0; i < answer->count; i++) {
		copies[i] = answer->records[i].tlsa;
		copies[i].data = arena_str(a, copies[i].data);
	}
	t->tlsas = copies;
	t->tlsa_count = answer->count;
}

/* RFC 7672 §2.1.2: records that may be there and cannot be had are a reason not to connect; that there are none must be proved. */
static void on_tlsa(void *context, const struct resolve_answer *answer)
{
	struct dial_race_question *q = context;
	struct dial_race_target *t = q->target;
	struct dial_race *r = t->race;

	q->handle = NULL;
	if (answer->error == ERR_NONE && answer->is_secure) {
		copy_tlsas(t, answer);
		dial_race_note(r, "resolve: TLSA of %s: %zu records, secure", t->candidate.host.data, t->tlsa_count);
	} else if (answer->error && answer->error != ERR_NOT_FOUND) {
		dial_race_note_failure(r, DIAL_RESOLVE, answer->error, "TLSA: ", answer->why.text);
		bar(t);
	}
	if (r->winner && r->winner->target == t)
		succeed(r, r->winner);
	else if (t->is_barred)
		go_on(r);
}

static void ask(struct dial_race_question *q, struct str name, resolve_on_answer *on_answer)
{
	struct dial_race *r = q->target->race;
	const struct resolve_wish wish = {name, q->type, &r->config->outgoing.dns};

	q->handle = resolve_ask(r->resolve, &wish, on_answer, q);
}

static void ask_tlsa(struct dial_race_target *t)
{
	char name[RESOLVE_NAME_MAX + 16];
	int len = snprintf(name, sizeof(name), "_%d._tcp.%s", t->candidate.port, t->candidate.host.data);

	t->is_proved = true;
	t->tlsa = (struct dial_race_question){   .target = t, .type = RESOLVE_TLSA};
	ask(&t->tlsa, str_make(name, (size_t)len), on_tlsa);
}

static void take_addresses(struct dial_race_target *t, const struct dial_race_question *q, const struct resolve_answer *answer)
{
	size_t max = DIAL_ADDRESSES_MAX / t->family_count;
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < answer->count && i < max; i++) {
		add_address(t, answer->records[i].ip);
		dial_race_note(t->race, "resolve: %s of %s: %s%s", q->type == RESOLVE_A ? "A" : "AAAA", t->candidate.host.data,
		     ip_format(answer->records[i].ip, false, text), answer->is_secure ? ", secure" : "");
	}
	if (answer->is_secure && t->candidate.is_secure && !t->is_proved)
		ask_tlsa(t);
}

static void on_family(void *context, const struct resolve_answer *answer)
{
	struct dial_race_question *q = context;
	struct dial_race_target *t = q->target;
	struct dial_race *r = t->race;
	uint64_t now_ms = timer_now_ms(r->loop->timers);

	q->handle = NULL;
	if (answer->error == ERR_NONE)
		take_addresses(t, q, answer);
	else
		dial_race_note_failure(r, DIAL_RESOLVE, answer->error, q->type == RESOLVE_A ? "A: " : "AAAA: ", answer->why.text);
	/* The favourite family may come in a moment. */
	if (!is_connecting(r))
		r->next_address_ms = t->families[0].handle ? now_ms + OTHER_FAMILY_MS : 0;
	go_on(r);
}

static void ask_addresses(struct dial_race_target *t)
{
	const struct option_list *versions = &t->race->config->outgoing.ip_versions;

	t->family_count = versions->count < DIAL_RACE_FAMILIES ? versions->count : DIAL_RACE_FAMILIES;
	for (size_t i = 0; i < t->family_count; i++) {
		struct dial_race_question *q = &t->families[i];
		bool is_four = ((const int64_t *)versions->items)[i] == 4;

		*q = (struct dial_race_question){   .target = t, .type = is_four ? RESOLVE_A : RESOLVE_AAAA};
		ask(q, t->candidate.host, on_family);
	}
}

static struct dial_race_target *add_target(struct dial_race *r, const struct candidate *c)
{
	struct dial_race_target *t = &r->targets[r->target_count++];

	*t = (struct dial_race_target){.race = r, .candidate = *c};
	list_init(&t->addresses);
	return t;
}

static void begin_candidate(struct dial_race *r)
{
	const struct candidate *c = &r->candidates.items[r->next_candidate++];

	r->last_version = 0;
	r->next_candidate_ms = timer_now_ms(r->loop->timers) + NEXT_CANDIDATE_MS;
	dial_race_note(r, "resolve: %s port %d%s", c->host.data, c->port, c->is_direct_tls ? ", TLS from the first byte" : "");
	ask_addresses(add_target(r, c));
}

/* ---- what is next ---- */

static void wait_until(struct dial_race *r, uint64_t time_ms)
{
	timer_start(r->loop->timers, &r->timer, time_ms - timer_now_ms(r->loop->timers));
}

/* False: there is none whose time has come. */
static bool start_address(struct dial_race *r)
{
	uint64_t now_ms = timer_now_ms(r->loop->timers);
	struct dial_race_address *a = find_waiting(r);

	if (!a)
		return false;
	if (r->next_address_ms > now_ms) {
		wait_until(r, r->next_address_ms);
		return false;
	}
	if (start_connecting(a)) {
		r->next_address_ms = now_ms + NEXT_ADDRESS_MS;
		r->next_candidate_ms = now_ms + NEXT_CANDIDATE_MS;
	}
	return true;
}

/* One address after the other; then the next candidate, at once if nothing else is under way; then the end. */
static void advance(struct dial_race *r)
{
	bool is_busy;

	timer_stop(&r->timer);
	while (start_address(r))
		;
	if (timer_is_running(&r->timer))
		return;
	is_busy = is_asking(r) || is_connecting(r);
	if (r->next_candidate == r->candidates.count) {
		if (!is_busy)
			dial_race_fail(r);
	} else if (is_busy && r->next_candidate_ms > timer_now_ms(r->loop->timers)) {
		wait_until(r, r->next_candidate_ms);
	} else {
		begin_candidate(r);
	}
}

static void on_time(struct timer *t)
{
	struct dial_race *r = container_of(t, struct dial_race, timer);

	if (!r->winner && !r->is_resting)
		advance(r);
}

/* ---- the interface ---- */

void dial_race_init(struct dial_race *r)
{
	arena_init(&r->arena, 0);
	buf_init(&r->trace);
	r->trace.limit_bytes = TRACE_BYTES;
	r->loop = loop_current();
	check(r->loop != NULL);
	r->result.fd = -1;
	timer_init(&r->timer, on_time);
}

void dial_race_start(struct dial_race *r)
{
	advance(r);
}

void dial_race_start_at(struct dial_race *r, struct ip ip, bool is_direct_tls)
{
	const struct candidate c = {.host = STR(""), .port = ip.port, .is_direct_tls = is_direct_tls};

	add_address(add_target(r, &c), ip);
	advance(r);
}

void dial_race_go_on(struct dial_race *r)
{
	r->next_address_ms = 0;
	r->is_resting = false;
	go_on(r);
}

static void stop_asking(struct dial_race_target *t)
{
	for (size_t i = 0; i < DIAL_RACE_FAMILIES; i++)
		resolve_cancel(&t->families[i].handle);
	resolve_cancel(&t->tlsa.handle);
}

void dial_race_fini(struct dial_race *r)
{
	timer_stop(&r->timer);
	for (size_t i = 0; i < r->target_count; i++)
		stop_asking(&r->targets[i]);
	if (r->winner)
		stop_connecting(r->winner, ADDRESS_OVER);
	stop_all(r, ADDRESS_OVER);
	buf_fini(&r->trace);
	arena_fini(&r->arena);
}
