/* s2s_place: what federation has on each loop: the streams there, and the settings they begin with.
 *
 * Everything about a remote domain lives on one loop, its home: realm_home_of() of its name. Streams that come from it move there, streams to it
 * begin there. Internal to link/s2s. Threads: the loop's, except as said. */
#ifndef MEERKAT_LINK_S2S_PLACE_H
#define MEERKAT_LINK_S2S_PLACE_H

#include "base/map.h"
#include "link/s2s/s2s.h"
#include "link/s2s/s2s_returns.h"
#include "link/s2s/s2s_settings.h"
#include "link/service.h"
#include "net/resolve.h"

struct s2s_place {
	struct s2s *s2s;
	struct loop *loop;
	struct registry *registry;
	struct s2s_settings *settings; /* counted: for what begins now */
	struct map outs;   /* of struct s2s_out, by their pair of domains */
	struct map ins;    /* of struct s2s_in, by id */
	struct list probes; /* s2s_probe */
	struct s2s_returns returns;
	struct list young; /* of struct s2s_item: s2s_keep */
	struct timer keep;
	struct list remains; /* of streams from others: s2s_in_resumption */
	uint32_t remains_count;
	struct timer farewell; /* at the end: what was sent may still be acknowledged */
	uint32_t farewells;
	struct letter stop;
	bool is_stopping;
};

struct s2s {
	const struct service_home *home;
	struct resolve *resolve;
	_Atomic uint64_t last_id;      /* of incoming streams */
	_Atomic int64_t open_streams;  /* outgoing ones, for the end */
	struct s2s_settings *prepared; /* counted; NULL: nothing is */
	char secret[65];               /* of dialback, where the configuration gives none */
	struct s2s_place places[];
};

/* The secret of dialback of one of our domains. */
struct str s2s_place_secret(const struct s2s_place *p, struct str local);

/* The place where a domain of others lives. */
struct s2s_place *s2s_place_of(struct s2s *s, struct str remote);

/* Of a loop's registry. */
struct s2s_place *s2s_place_on(struct registry *r);

/* Is it a domain of ours: a host, or one that a component serves? */
bool s2s_place_is_ours(const struct s2s_place *p, struct str domain);

#endif
