#include "admin/session_view.h"

#include <unistd.h>

#include "base/ip.h"
#include "route/registry.h"
#include "route/resumption.h"

static json_t *text_of(struct str s)
{
	return json_stringn(s.data, s.len);
}

json_t *session_view_json(const struct session *s)
{
	char ip[IP_TEXT_MAX], node[256] = "";
	json_t *j = json_pack("{s:s, s:s, s:i, s:I, s:b, s:I}", "connection", s->is_secure ? "c2s_tls" : "c2s", "ip", ip_format(s->peer, false, ip),
			      "port", (int)s->peer.port, "priority", (json_int_t)s->priority, "available", s->presence != NULL, "uptime",
			      (json_int_t)(store_now_ms() / 1000 - s->opened_s));
	gethostname(node, sizeof(node) - 1);
	json_object_set_new(j, "node", json_string(node));
	json_object_set_new(j, "user", text_of(jid_str(s->address)));
	json_object_set_new(j, "resumable", json_boolean(s->resumption && s->resumption->timeout_s > 0));
	json_object_set_new(j, "connected", json_boolean(!s->resumption || !s->resumption->is_detached));
	return j;
}

static const struct operation_field session_fields[] = {
	{"user", &operation_type_jid, "the full address"},
	{"connection", &operation_type_string, "c2s or c2s_tls"},
	{"ip", &operation_type_string, "where from"},
	{"port", &operation_type_int, "where from"},
	{"priority", &operation_type_int, "of the presence"},
	{"node", &operation_type_string, "the machine"},
	{"available", &operation_type_boolean, "has it sent presence?"},
	{"uptime", &operation_type_int, "seconds since it was opened"},
	{"resumable", &operation_type_boolean, "can it be resumed after a lost connection?"},
	{"connected", &operation_type_boolean, "is there a connection now?"},
	{0},
};

const struct operation_type session_view_type = {.name = "Session", .fields = session_fields};
