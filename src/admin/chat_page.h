/* chat_page: the handler meerkat_chat: a page with the client Converse.js, set up for this server.
 *
 * The files lie in a folder beside the program (BUILD/chat) or in share/meerkat/chat; tools/chat-page makes it. What the page has to know, the paths
 * of WebSocket and BOSH on the same listener, it asks for at config.json. Threads: see handler.h. Test: test/browser/ */
#ifndef MEERKAT_ADMIN_CHAT_PAGE_H
#define MEERKAT_ADMIN_CHAT_PAGE_H

#include "http/handler.h"

extern const struct handler chat_page_handler;

#endif
