#include "link/c2s/c2s_tls.h"

#include "net/tls_peer.h"

bool c2s_tls_binding(const struct tls *tls, const char *type, struct buf *out)
{
	return tls && tls_binding(tls, type, out);
}

bool c2s_tls_certificate(const struct tls *tls, struct arena *a, struct sasl_certificate *out)
{
	struct tls_name_list addresses, common_names;

	if (!tls || !tls_peer_is_verified(tls))
		return false;
	addresses = tls_peer_addresses(tls, a);
	common_names = tls_peer_common_names(tls, a);
	*out = (struct sasl_certificate){addresses.items, addresses.count, common_names.items, common_names.count};
	return true;
}
