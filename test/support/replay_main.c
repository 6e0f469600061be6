/* replay_main: runs a fuzz target over the files of its corpus, where there is no fuzzer to do it.
 *
 * Usage: NAME_fuzz FILE-OR-FOLDER ...; folders are read one level deep. The target says that an input is bad by crashing, so the exit
 * status is 0 if it returned from every file, and the last file named on stderr is the one to look at. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t files_run;

static void fail(const char *what, const char *path)
{
	fprintf(stderr, "replay: %s %s: %s\n", what, path, strerror(errno));
	exit(2);
}

/* The buffer is as long as the file, to the byte, so that a sanitizer sees a read past its end. */
static void run_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size > 0 ? size : 1);
	if (!f || !data || fread(data, 1, size, f) != size)
		fail("cannot read", path);
	fclose(f);
	fprintf(stderr, "replay: %s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	files_run++;
}

static void run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	if (count < 0)
		fail("cannot read", path);
	for (int i = 0; i < count; i++) {
		char file[4096];
		struct stat status;
		snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
		if (stat(file, &status) == 0 && S_ISREG(status.st_mode))
			run_file(file, (size_t)status.st_size);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat status;
		if (stat(argv[i], &status) != 0)
			fail("cannot find", argv[i]);
		if (S_ISDIR(status.st_mode))
			run_folder(argv[i]);
		else
			run_file(argv[i], (size_t)status.st_size);
	}
	printf("replayed %zu files\n", files_run);
	return files_run > 0 ? 0 : 2;
}
