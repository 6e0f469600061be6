/* folder: the files of a folder on the disk, for answering requests with them.
 *
 * All of it is looked at once, at the beginning; files that are added later are not seen. A file is in memory as far as the kernel keeps it there.
 * FILE.gz beside FILE is what clients get that can have it compressed. Names that begin with a dot are left out; links are not followed.
 * Threads: opening and closing one at a time, answering any. Test: test/unit/http/folder_test.c */
#ifndef MEERKAT_HTTP_FOLDER_H
#define MEERKAT_HTTP_FOLDER_H

#include <stdbool.h>

#include "http/exchange.h"

struct folder;

/* NULL: there is no such folder, or it cannot be read. */
struct folder *folder_open(const char *path);
/* The folder of this name beside the program, as in a build, or in ../share/meerkat. NULL: it is not installed. */
struct folder *folder_open_installed(const char *name);
void folder_close(struct folder **f);

/* Names in a page are relative to it: a request for a handler's path without a slash at its end is answered with the one with it. False: it is
 * another request, and nothing was done. */
bool folder_redirect(struct exchange *x);

/* Answers with the file of this path ("/index.html"; "/" is that), or with 404. policy: the content-security-policy. */
void folder_answer(const struct folder *f, struct exchange *x, struct str path, const char *policy);

#endif
