#include "net/dial.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/dial_race.h"
#include "net/tls_certificate.h"

enum { SERVICES = 2 };

static const char *const service_names[SERVICES] = {"_xmpps-server._tcp", "_xmpp-server._tcp"};

struct service {
	struct dial *dial;
	struct resolve_question *handle; /* NULL: not asked, or answered */
};

struct dial {
	struct dial_race race;
	struct str domain, name; /* as given; as DNS has it */
	struct service services[SERVICES];
	bool is_forged; /* DNSSEC forbids to go on without records */
	struct timer start;
};

/* ---- services ---- */

static void add_domain_itself(struct dial *d)
{
	const struct config_s2s_outgoing *o = &d->race.config->outgoing;

	dial_race_note(&d->race, "resolve: no records of services, so the domain itself");
	d->race.candidates.items[d->race.candidates.count++] = (struct candidate){
		.host = d->name, .port = (uint16_t)o->port, .is_direct_tls = o->is_direct_tls, .is_secure = true};
}

static void on_services_known(struct dial *d)
{
	struct candidate_list *l = &d->race.candidates;

	candidate_sort(l);
	if (l->count == 0 && d->is_forged) {
		dial_race_fail(&d->race);
		return;
	}
	if (l->count == 0 && (l->denies || l->has_bad)) {
		const char *text = l->denies ? "the domain says that it has no such service" : "no record of the service can be used";

		dial_race_note_failure(&d->race, DIAL_RESOLVE, ERR_NOT_FOUND, "", text);
		dial_race_fail(&d->race);
		return;
	}
	if (l->count == 0)
		add_domain_itself(d);
	d->race.result = (struct dial_result){.fd = -1};
	dial_race_start(&d->race);
}

static void keep_targets(struct dial *d, const struct resolve_answer *answer, size_t service)
{
	struct candidate_list *l = &d->race.candidates;

	candidate_add(l, answer, service == 0);
	/* They are lent. */
	for (size_t i = 0; i < l->count; i++)
		l->items[i].host = arena_str(&d->race.arena, l->items[i].host);
}

static void on_service(void *context, const struct resolve_answer *answer)
{
	struct service *s = context;
	struct dial *d = s->dial;
	size_t service = (size_t)(s - d->services);

	s->handle = NULL;
	if (answer->error == ERR_NONE) {
		dial_race_note(&d->race, "resolve: SRV %s: %zu records%s", service_names[service], answer->count,
			       answer->is_secure ? ", secure" : "");
		keep_targets(d, answer, service);
	} else {
		dial_race_note_failure(&d->race, DIAL_RESOLVE, answer->error, "SRV: ", answer->why.text);
		d->is_forged |= answer->error == ERR_INVALID;
	}
	if (!d->services[0].handle && !d->services[1].handle)
		on_services_known(d);
}

static void ask_service(struct dial *d, size_t service)
{
	char name[RESOLVE_NAME_MAX + 32];
	int len = snprintf(name, sizeof(name), "%s.%s", service_names[service], d->name.data);
	const struct resolve_wish wish = {str_make(name, (size_t)len), RESOLVE_SRV, &d->race.config->outgoing.dns};

	d->services[service].handle = resolve_ask(d->race.resolve, &wish, on_service, &d->services[service]);
}

/* ---- the beginning ---- */

/* "192.0.2.1", "[2001:db8::1]" (RFC 7622 §3.2) */
static bool parse_literal(struct str domain, struct ip *out)
{
	if (domain.len > 2 && domain.data[0] == '[' && domain.data[domain.len - 1] == ']')
		return ip_parse(str_make(domain.data + 1, domain.len - 2), out) && out->version == 6;
	return ip_parse(domain, out) && out->version == 4;
}

static void look_up_domain(struct dial *d)
{
	char *name = tls_certificate_wire_name(d->domain);

	if (!name || strlen(name) > RESOLVE_NAME_MAX) {
		free(name);
		d->name = d->domain;
		dial_race_note_failure(&d->race, DIAL_RESOLVE, ERR_NOT_FOUND, "", "the domain cannot be a name in DNS");
		dial_race_fail(&d->race);
		return;
	}
	d->name = str_from(arena_strdup(&d->race.arena, name));
	free(name);
	/* Nobody is asked where direct TLS would be who does not want it. */
	if (d->race.config->outgoing.tls_policy != CONFIG_S2S_TLS_NONE)
		ask_service(d, 0);
	ask_service(d, 1);
}

static void on_begin(struct timer *t)
{
	struct dial *d = container_of(t, struct dial, start);
	const struct config_s2s_address *fixed = config_s2s_find_address(d->race.config, d->domain);
	const struct config_s2s_outgoing *o = &d->race.config->outgoing;
	struct ip ip;

	if (fixed && ip_parse(fixed->ip_address, &ip)) {
		dial_race_note(&d->race, "resolve: the address stands in the configuration");
		ip.port = (uint16_t)(fixed->port ? fixed->port : o->port);
		dial_race_start_at(&d->race, ip, fixed->tls);
	} else if (parse_literal(d->domain, &ip)) {
		ip.port = (uint16_t)o->port;
		dial_race_start_at(&d->race, ip, o->is_direct_tls);
	} else {
		look_up_domain(d);
	}
}

struct dial *dial_start(struct resolve *r, const struct config_s2s *c, struct str domain, dial_on_done *on_done, void *context)
{
	struct dial *d = mem_new(sizeof(*d));

	d->race.resolve = r;
	d->race.config = c;
	d->race.on_done = on_done;
	d->race.context = context;
	dial_race_init(&d->race);
	d->domain = d->name = arena_str(&d->race.arena, domain);
	for (size_t i = 0; i < SERVICES; i++)
		d->services[i].dial = d;
	timer_init(&d->start, on_begin);
	timer_start(d->race.loop->timers, &d->start, 0);
	return d;
}

void dial_next(struct dial *d, const char *reason)
{
	dial_race_note(&d->race, "%s", reason);
	d->race.result.error = err_because(ERR_CLOSED, &d->race.result.why, "%s", reason);
	d->race.result.step = DIAL_CONNECT;
	dial_race_go_on(&d->race);
}

struct str dial_trace(const struct dial *d)
{
	return buf_str(&d->race.trace);
}

void dial_note(struct dial *d, const char *line)
{
	dial_race_note(&d->race, "%s", line);
}

const char *dial_step_text(enum dial_step step)
{
	return step == DIAL_RESOLVE ? "resolve" : "connect";
}

void dial_free(struct dial **dial)
{
	struct dial *d = *dial;

	*dial = NULL;
	if (!d)
		return;
	timer_stop(&d->start);
	for (size_t i = 0; i < SERVICES; i++)
		resolve_cancel(&d->services[i].handle);
	dial_race_fini(&d->race);
	free(d);
}
