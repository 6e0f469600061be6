#include "ctl/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/socket.h"
#include "base/arena.h"
#include "base/buf.h"
#include "conf/config.h"
#include "conf/toml.h"

static const char *const usual_places[] = {"run/meerkat.toml", "/etc/meerkat/meerkat.toml"};

static const char *choose(const char *config_path)
{
	if (config_path)
		return config_path;
	if (getenv("MEERKAT_CONFIG"))
		return getenv("MEERKAT_CONFIG");
	for (size_t i = 0; i < sizeof(usual_places) / sizeof(*usual_places); i++)
		if (access(usual_places[i], R_OK) == 0)
			return usual_places[i];
	return NULL;
}

static bool read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	char piece[4096];
	for (size_t n; (n = fread(piece, 1, sizeof(piece), f)) > 0;)
		buf_append(out, piece, n);
	bool is_read = !ferror(f);
	fclose(f);
	return is_read;
}

/* Only the one setting is looked at: the rest of the file is the server's business, and it may be broken just now. */
static char *state_dir_of(const char *path, struct why *why)
{
	struct buf text;
	struct arena a;
	struct toml_error error;
	char *dir = NULL;
	buf_init(&text);
	arena_init(&a, 0);
	if (!read_file(path, &text)) {
		err_because(ERR_NOT_FOUND, why, "cannot read the configuration %s", path);
	} else {
		const struct toml_node *top = toml_parse(&a, buf_str(&text), &error);
		const struct toml_node *section = top ? toml_find(top, STR("meerkat")) : NULL;
		const struct toml_node *value = section && section->kind == TOML_KIND_TABLE ? toml_find(section, STR("state_dir")) : NULL;
		if (!top)
			err_because(ERR_INVALID, why, "%s:%u:%u: %s", path, error.at.line, error.at.column, error.text);
		else
			dir = str_dup(value && value->kind == TOML_KIND_STRING ? value->text : STR(CONFIG_DEFAULT_STATE_DIR));
	}
	buf_fini(&text);
	arena_fini(&a);
	return dir;
}

char *place_of_socket(const char *config_path, struct why *why)
{
	const char *path = choose(config_path);
	if (!path) {
		err_because(ERR_NOT_FOUND, why, "which server? run/meerkat.toml and /etc/meerkat/meerkat.toml are not there; give --config FILE");
		return NULL;
	}
	char *dir = state_dir_of(path, why);
	char *socket = dir ? admin_socket_path(dir) : NULL;
	free(dir);
	return socket;
}
