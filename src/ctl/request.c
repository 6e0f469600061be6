#include "ctl/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

enum { PATIENCE_S = 35 };

static int open_socket(const char *path, bool is_long, enum err *e_out, struct why *why)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = is_long ? 0 : PATIENCE_S}; /* 0: as long as it takes */
	if (strlen(path) >= sizeof(at.sun_path)) {
		*e_out = err_because(ERR_INVALID, why, "the path of the administration socket is too long: %s", path);
		return -1;
	}
	strcpy(at.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		return fd;
	}
	if (errno == EACCES)
		*e_out = err_because(ERR_ACCESS, why, "no permission to open %s: run as the user that runs the server", path);
	else
		*e_out = err_because(ERR_CLOSED, why, "the server is not running: nobody answers on %s", path);
	close(fd);
	return -1;
}

static bool talk(int fd, const json_t *request, struct buf *answer)
{
	char *text = json_dumps(request, JSON_COMPACT);
	bool is_sent = text && send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text) && send(fd, "\n", 1, MSG_NOSIGNAL) == 1;
	free(text);
	char piece[4096];
	while (is_sent && (!answer->len || answer->data[answer->len - 1] != '\n')) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf_append(answer, piece, (size_t)n);
	}
	return is_sent;
}

json_t *request_send(const char *socket_path, const json_t *request, bool is_long, enum err *e_out, struct why *why)
{
	struct buf answer;
	json_error_t error;
	int fd = open_socket(socket_path, is_long, e_out, why);
	if (fd < 0)
		return NULL;
	buf_init(&answer);
	json_t *reply = talk(fd, request, &answer) ? json_loadb(answer.data, answer.len, 0, &error) : NULL;
	if (!reply)
		*e_out = err_because(ERR_TIMEOUT, why, "the server closed the connection without an answer");
	close(fd);
	buf_fini(&answer);
	return reply;
}
