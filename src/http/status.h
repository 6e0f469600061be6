/* status: the words for status codes (RFC 9110 §15). Threads: any. Test: test/unit/http/head_test.c */
#ifndef MEERKAT_HTTP_STATUS_H
#define MEERKAT_HTTP_STATUS_H

/* "Not Found"; "Unknown" for what the list does not have. Static storage. */
const char *status_text(int status);

#endif
