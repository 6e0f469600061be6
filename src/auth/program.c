#include "auth/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/mem.h"

enum { ARGUMENTS_MAX = 64, SLICE_MS = 100, GRACE_MS = 200 };

struct program {
	pid_t pid;
	int in, out; /* as the program sees them: we write to in and read from out */
	const _Atomic bool *is_closing;
};

/* Starting */

/* The words of the command, in `text`, which is cut into them. */
static void split(char *text, char **arguments)
{
	size_t count = 0;
	char *rest = text;

	if (access(text, X_OK) == 0) {
		arguments[0] = text;
		arguments[1] = NULL;
		return;
	}
	for (char *word = strtok_r(text, " ", &rest); word && count < ARGUMENTS_MAX; word = strtok_r(NULL, " ", &rest))
		arguments[count++] = word;
	arguments[count] = NULL;
}

/* A process group of its own, no blocked or ignored signals, no descriptors but the three. */
static int spawn(struct program *p, char **arguments, int child_in, int child_out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int failure;

	sigemptyset(&none);
	sigfillset(&all);
	check(posix_spawn_file_actions_init(&files) == 0 && posix_spawnattr_init(&attributes) == 0);
	posix_spawn_file_actions_adddup2(&files, child_in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, child_out, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	failure = posix_spawnp(&p->pid, arguments[0], &files, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return failure;
}

static enum err start(struct program *p, char **arguments, struct why *why)
{
	int in[2], out[2], failure;

	if (pipe2(in, O_CLOEXEC) < 0)
		return err_because(ERR_SYSTEM, why, "%s", strerror(errno));
	if (pipe2(out, O_CLOEXEC) < 0) {
		failure = errno;
		close(in[0]);
		close(in[1]);
		return err_because(ERR_SYSTEM, why, "%s", strerror(failure));
	}
	failure = spawn(p, arguments, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	p->in = in[1];
	p->out = out[0];
	fcntl(p->in, F_SETFL, O_NONBLOCK);
	fcntl(p->out, F_SETFL, O_NONBLOCK);
	if (failure == 0)
		return ERR_NONE;
	close(p->in);
	close(p->out);
	return err_because(ERR_NOT_FOUND, why, "it cannot be started: %s", strerror(failure));
}

struct program *program_start(struct str command, struct why *why)
{
	struct program *p = mem_new(sizeof(*p));
	char *text = str_dup(command), *arguments[ARGUMENTS_MAX + 1];
	enum err e = ERR_INVALID;

	split(text, arguments);
	if (arguments[0])
		e = start(p, arguments, why);
	free(text);
	if (e == ERR_NONE)
		return p;
	free(p);
	return NULL;
}

void program_watch(struct program *p, const _Atomic bool *is_closing)
{
	p->is_closing = is_closing;
}

bool program_is_ready(struct program *p)
{
	struct pollfd f = {.fd = p->out, .events = POLLIN};

	return poll(&f, 1, 0) == 0;
}

/* Asking */

/* Until the descriptor is ready. */
static enum err await(const struct program *p, int fd, short events, int64_t deadline_ms, struct why *why)
{
	struct pollfd f = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline_ms - clock_monotonic_ms();
		int ready;

		if (p->is_closing && atomic_load(p->is_closing))
			return err_because(ERR_SYSTEM, why, "the server stops");
		if (left <= 0)
			return err_because(ERR_TIMEOUT, why, "it does not answer");
		ready = poll(&f, 1, left < SLICE_MS ? (int)left : SLICE_MS);
		if (ready > 0)
			return ERR_NONE;
		if (ready < 0 && errno != EINTR)
			return err_because(ERR_SYSTEM, why, "%s", strerror(errno));
	}
}

static enum err write_all(const struct program *p, const char *data, size_t len, int64_t deadline_ms, struct why *why)
{
	while (len > 0) {
		ssize_t written = write(p->in, data, len);
		enum err e = ERR_NONE;

		if (written > 0) {
			data += written;
			len -= (size_t)written;
			continue;
		}
		if (errno == EAGAIN)
			e = await(p, p->in, POLLOUT, deadline_ms, why);
		else if (errno != EINTR)
			e = err_because(ERR_SYSTEM, why, "it has ended");
		if (e != ERR_NONE)
			return e;
	}
	return ERR_NONE;
}

static enum err read_all(const struct program *p, uint8_t *data, size_t len, int64_t deadline_ms, struct why *why)
{
	while (len > 0) {
		ssize_t got = read(p->out, data, len);
		enum err e = ERR_NONE;

		if (got > 0) {
			data += got;
			len -= (size_t)got;
			continue;
		}
		if (got == 0)
			e = err_because(ERR_SYSTEM, why, "it has ended");
		else if (errno == EAGAIN)
			e = await(p, p->out, POLLIN, deadline_ms, why);
		else if (errno != EINTR)
			e = err_because(ERR_SYSTEM, why, "%s", strerror(errno));
		if (e != ERR_NONE)
			return e;
	}
	return ERR_NONE;
}

/* A whole question or a part of it must not stay in memory. */
static enum err send_question(const struct program *p, struct str question, int64_t deadline_ms, struct why *why)
{
	char *packet = mem_new(question.len + 2);
	enum err e;

	packet[0] = (char)(question.len >> 8);
	packet[1] = (char)question.len;
	memcpy(packet + 2, question.data, question.len);
	e = write_all(p, packet, question.len + 2, deadline_ms, why);
	codec_wipe(packet, question.len + 2);
	free(packet);
	return e;
}

enum err program_ask(struct program *p, struct str question, int64_t timeout_ms, bool *yes_out, struct why *why)
{
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	uint8_t answer[4];
	enum err e;

	check(question.len > 0 && question.len <= PROGRAM_QUESTION_MAX);
	e = send_question(p, question, deadline_ms, why);
	if (e == ERR_NONE)
		e = read_all(p, answer, sizeof answer, deadline_ms, why);
	if (e != ERR_NONE)
		return e;
	if (answer[0] != 0 || answer[1] != 2 || answer[2] != 0 || answer[3] > 1)
		return err_because(ERR_INVALID, why, "it answers with something else than 0 or 1");
	*yes_out = answer[3] == 1;
	return ERR_NONE;
}

/* Stopping */

static bool has_ended_within(pid_t pid, int64_t ms)
{
	int64_t deadline_ms = clock_monotonic_ms() + ms;

	for (;;) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return true;
		if (clock_monotonic_ms() >= deadline_ms)
			return false;
		usleep(5000);
	}
}

void program_stop(struct program **program)
{
	struct program *p = *program;

	*program = NULL;
	if (!p)
		return;
	close(p->in);
	close(p->out);
	kill(-p->pid, SIGTERM);
	if (!has_ended_within(p->pid, GRACE_MS)) {
		kill(-p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(p);
}
