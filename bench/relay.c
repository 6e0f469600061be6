/*
 * relay: the physical limit to compare a server with.
 *
 *   relay PORT          joins each two consecutive connections and copies every
 *                       chunk read from one to the other, without looking at it
 *   relay --hold PORT   accepts, reads and forgets: the kernel's own memory
 *
 * Listens on 127.0.0.1 only. One thread, level-triggered epoll.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FD 1048576

static int peer[MAX_FD]; /* partner's descriptor, or 0 */
static int waiting;      /* connection without a partner yet, or 0 */
static char buf[256 * 1024];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void drop(int fd)
{
	int p = peer[fd];
	peer[fd] = 0;
	if (fd == waiting)
		waiting = 0;
	close(fd);
	if (p) {
		peer[p] = 0;
		close(p);
	}
}

/* The traffic is a closed loop, so a full socket buffer means a broken test. */
static void copy(int fd)
{
	ssize_t n = recv(fd, buf, sizeof buf, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		drop(fd);
		return;
	}
	if (peer[fd] && send(peer[fd], buf, (size_t)n, MSG_NOSIGNAL) != n)
		drop(fd);
}

/* Two connections that come one after the other are partners; with hold each stays alone. */
static void accept_all(int lfd, int ep, bool hold)
{
	int fd, one = 1;
	while ((fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK)) >= 0 && fd < MAX_FD) {
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (waiting && !hold) {
			peer[fd] = waiting;
			peer[waiting] = fd;
			waiting = 0;
		} else {
			waiting = fd;
		}
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	}
}

static int open_listener(int port)
{
	int one = 1, lfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(lfd, (struct sockaddr *)&a, sizeof a) || listen(lfd, 4096))
		die("listen");
	return lfd;
}

int main(int argc, char **argv)
{
	bool hold = argc == 3 && !strcmp(argv[1], "--hold");
	int port = argc == 2 + hold ? atoi(argv[1 + hold]) : 0;
	if (port <= 0 || port > 65535) {
		fprintf(stderr, "usage: relay [--hold] PORT\n");
		return 2;
	}
	struct rlimit r = {MAX_FD, MAX_FD};
	setrlimit(RLIMIT_NOFILE, &r);
	int lfd = open_listener(port), ep = epoll_create1(0);
	struct epoll_event ev[512] = {{.events = EPOLLIN, .data.fd = lfd}};
	epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &ev[0]);
	printf("%d ready\n", getpid());
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(ep, ev, 512, -1);
		for (int i = 0; i < n; i++)
			if (ev[i].data.fd == lfd)
				accept_all(lfd, ep, hold);
			else
				copy(ev[i].data.fd);
	}
}
