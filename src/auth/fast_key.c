#include "auth/fast_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"

enum { PATH_BYTES = 4096 };

static enum err failed(const char *what, const char *path, struct why *why)
{
	int e = errno;

	return err_because(err_from_errno(e), why, "%s: cannot be %s: %s", path, what, strerror(e));
}

static enum err read_key(int fd, const char *path, uint8_t *key, struct why *why)
{
	uint8_t bytes[FAST_TOKEN_KEY_BYTES + 1];
	ssize_t len = read(fd, bytes, sizeof(bytes));

	close(fd);
	if (len < 0)
		return failed("read", path, why);
	if (len != FAST_TOKEN_KEY_BYTES)
		return err_because(ERR_INVALID, why, "%s: is no key of %d bytes; without the file a new one is made, and clients log in with "
				   "their passwords once", path, FAST_TOKEN_KEY_BYTES);
	memcpy(key, bytes, FAST_TOKEN_KEY_BYTES);
	codec_wipe(bytes, sizeof(bytes));
	return ERR_NONE;
}

/* Whole or not at all: under another name first. */
static enum err make_key(const char *path, uint8_t *key, struct why *why)
{
	char new_path[PATH_BYTES + 8];
	int fd;
	bool is_written;

	codec_random(key, FAST_TOKEN_KEY_BYTES);
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed("made", new_path, why);
	is_written = write(fd, key, FAST_TOKEN_KEY_BYTES) == FAST_TOKEN_KEY_BYTES && fsync(fd) == 0;
	if (close(fd) != 0 || !is_written || rename(new_path, path) != 0)
		return failed("written", path, why);
	return ERR_NONE;
}

enum err fast_key_load(const char *state_dir, uint8_t key_out[FAST_TOKEN_KEY_BYTES], struct why *why)
{
	char path[PATH_BYTES];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/token.key", state_dir) >= sizeof(path))
		return err_because(ERR_INVALID, why, "%s: is too long a name", state_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return read_key(fd, path, key_out, why);
	return errno == ENOENT ? make_key(path, key_out, why) : failed("opened", path, why);
}
