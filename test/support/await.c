#include "support/await.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void await(struct mailbox *m, const bool *flag)
{
	double end = seconds() + 20;

	while (!*flag) {
		struct pollfd p = {.fd = m->fd, .events = POLLIN};

		check(seconds() < end);
		if (!mailbox_drain(m, 1) && !*flag)
			poll(&p, 1, 1000);
	}
}

void await_folder_make(char text[AWAIT_FOLDER_MAX])
{
	const char *parent = getenv("TMPDIR");

	/* In memory if that can be: what these tests sync to disk is gone a moment later. */
	if (!parent || !parent[0])
		parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(text, AWAIT_FOLDER_MAX, "%s/meerkat-test-XXXXXX", parent);
	check(mkdtemp(text) != NULL);
}

void await_folder_remove(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	rmdir(folder);
}
