/* version: of the program, in one place. */
#ifndef MEERKAT_MAIN_VERSION_H
#define MEERKAT_MAIN_VERSION_H

/* Like "0.1.0". */
const char *version_text(void);

#endif
