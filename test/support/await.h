/* await: what a test without a loop needs: to wait for its mailbox, and a folder of its own.
 *
 * Threads: the test's. */
#ifndef MEERKAT_SUPPORT_AWAIT_H
#define MEERKAT_SUPPORT_AWAIT_H

#include <stdbool.h>

#include "base/mailbox.h"

/* Runs letters until the flag is set; fails the test after 20 seconds. */
void await(struct mailbox *m, const bool *flag);

enum { AWAIT_FOLDER_MAX = 256 };

/* Makes an empty folder under $TMPDIR (or /dev/shm, or /tmp) and puts its name into the text. */
void await_folder_make(char text[AWAIT_FOLDER_MAX]);

/* Removes it with the files in it. */
void await_folder_remove(const char *folder);

#endif
