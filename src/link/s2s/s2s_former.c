#include "link/s2s/s2s_former.h"

#include <stdlib.h>

#include "base/mem.h"
#include "xmpp/ns.h"

void s2s_former_forget(struct s2s_former *f)
{
	free(f->id);
	*f = (struct s2s_former){0};
}

void s2s_former_note(struct s2s_former *f, struct str id, uint32_t acknowledged, uint32_t count)
{
	s2s_former_forget(f);
	if (!count)
		return;
	*f = (struct s2s_former){.acknowledged = acknowledged, .count = count, .id_len = (uint16_t)id.len, .id = mem_new(id.len)};
	memcpy(f->id, id.data, id.len);
}

void s2s_former_ask(const struct s2s_former *f, struct s2s_wire *w)
{
	struct writer out = s2s_wire_begin(w);

	writer_open(&out, "resume", NS_SM);
	writer_attribute(&out, "previd", str_make(f->id, f->id_len));
	writer_attribute_text(&out, "h", "0"); /* nothing comes this way */
	writer_close(&out);
	s2s_wire_finish(w);
}

bool s2s_former_take(struct s2s_former *f, struct s2s_queue *q, const struct stanza *answer, uint32_t *acknowledged_out)
{
	struct str text = node_attribute_raw(answer, node_root(answer), "h");
	uint32_t count = 0;
	bool is_right = true;
	int64_t h;

	if (text.len) {
		is_right = str_to_int(text, 0, UINT32_MAX, &h);
		count = is_right ? (uint32_t)h - f->acknowledged : 0;
		is_right = is_right && count <= f->count;
	}
	*acknowledged_out = f->acknowledged + (is_right ? count : 0);
	for (; is_right && count > 0; count--)
		s2s_queue_drop_first(q);
	s2s_former_forget(f);
	return is_right;
}
