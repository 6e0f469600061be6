/* notify: tells the supervisor how the service is (sd_notify(3): a datagram to $NOTIFY_SOCKET), if there is one that listens. */
#ifndef MEERKAT_MAIN_NOTIFY_H
#define MEERKAT_MAIN_NOTIFY_H

/* "READY=1" and the like; silent when nobody asked to be notified. */
void notify_supervisor(const char *state);

#endif
