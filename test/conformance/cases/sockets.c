#include "../harness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_in loopback(int port) { return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}}; }
static int listener(struct sockaddr_in *at, int backlog) {
  socklen_t n = sizeof *at;
  int s = MUST(socket(AF_INET, SOCK_STREAM, 0));
  *at = loopback(0);
  MUST(bind(s, (void *)at, sizeof *at));
  MUST(listen(s, backlog));
  MUST(getsockname(s, (void *)at, &n));
  return s;
}
static void tcp_pair(int *a, int *b) {
  struct sockaddr_in at;
  int l = listener(&at, 5);
  *a = MUST(socket(AF_INET, SOCK_STREAM, 0));
  MUST(connect(*a, (void *)&at, sizeof at));
  *b = MUST(accept(l, 0, 0));
  close(l);
}
#define SA(a) (void *)&a, sizeof a

CASE(socket_errors) {
  T(socket(AF_INET, 99, 0));
  T(socket(250, SOCK_STREAM, 0));
  T(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  T(socket(AF_UNIX, SOCK_STREAM, 77));
  T(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}));
  T(bind(77, NULL, 0));
  T(bind(1, (void *)&(struct sockaddr_in){0}, 16));
  T(listen(1, 5));
}
CASE(unix_pair_passes_bytes) {
  int s[2];
  char b[16] = {0};
  T(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  T(write(s[0], "ping", 4));
  T(read(s[1], b, 16));
  T(write(s[1], "pong!", 5));
  T(recv(s[0], b, 16, 0));
  SAY("%s", b);
  close(s[1]);
  T(read(s[0], b, 16));
  signal(SIGPIPE, SIG_IGN);
  T(write(s[0], "x", 1));
}
CASE(unix_datagram_keeps_boundaries) {
  int s[2];
  char b[16];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  T(send(s[0], "one", 3, 0));
  T(send(s[0], "three", 5, 0));
  T(recv(s[1], b, 16, 0));
  T(recv(s[1], b, 2, MSG_TRUNC));
  T(recv(s[1], b, 2, MSG_DONTWAIT));
}
CASE(unix_seqpacket) {
  int s[2];
  char b[16];
  T(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
  T(send(s[0], "abc", 3, 0));
  T(send(s[0], "defgh", 5, 0));
  T(recv(s[1], b, 2, 0));
  T(recv(s[1], b, 16, 0));
  close(s[0]);
  T(recv(s[1], b, 16, 0));
}
CASE(unix_named_stream) {
  struct sockaddr_un a = {AF_UNIX, "sock"};
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  T(connect(c, SA(a)));
  T(bind(l, SA(a)));
  T(connect(c, SA(a)));
  T(listen(l, 3));
  T(connect(c, SA(a)));
  int s = MUST(accept(l, NULL, NULL));
  write(c, "hello", 5);
  char b[8] = {0};
  T(read(s, b, 8));
  struct stat st;
  stat("sock", &st);
  SAY("%d", S_ISSOCK(st.st_mode));
  int l2 = socket(AF_UNIX, SOCK_STREAM, 0);
  T(bind(l2, SA(a)));
  T(open("sock", O_RDONLY));
  unlink("sock");
  T(bind(l2, SA(a)));
}
CASE(unix_abstract_name) {
  struct sockaddr_un a = {AF_UNIX};
  memcpy(a.sun_path, "\0conformance", 12);
  socklen_t n = 2 + 12;
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  T(bind(l, (void *)&a, n));
  listen(l, 1);
  T(connect(c, (void *)&a, n));
  struct sockaddr_un b;
  socklen_t m = sizeof b;
  T(getpeername(c, (void *)&b, &m));
  SAY("%d %d %.11s", m, b.sun_path[0], b.sun_path + 1);
  int d = socket(AF_UNIX, SOCK_STREAM, 0);
  T(bind(d, (void *)&a, n));
  close(l);
  T(connect(d, (void *)&a, n));
}
CASE(unix_datagram_named) {
  struct sockaddr_un a = {AF_UNIX, "d"}, from;
  socklen_t n = sizeof from;
  int s = socket(AF_UNIX, SOCK_DGRAM, 0), c = socket(AF_UNIX, SOCK_DGRAM, 0);
  T(sendto(c, "x", 1, 0, SA(a)));
  bind(s, SA(a));
  T(sendto(c, "hi", 2, 0, SA(a)));
  char b[8];
  T(recvfrom(s, b, 8, 0, (void *)&from, &n));
  SAY("%d", n);
  T(send(c, "x", 1, 0));
  T(connect(c, SA(a)));
  T(send(c, "x", 1, 0));
}
CASE(descriptors_travel) {
  int s[2], p[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  pipe(p);
  char data = 'd', control[CMSG_SPACE(sizeof(int))];
  struct iovec v = {&data, 1};
  struct msghdr h = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&h);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  *(int *)CMSG_DATA(c) = p[1];
  T(sendmsg(s[0], &h, 0));
  close(p[1]);
  memset(control, 0, sizeof control);
  h.msg_controllen = sizeof control;
  T(recvmsg(s[1], &h, 0));
  c = CMSG_FIRSTHDR(&h);
  SAY("%d %d", c->cmsg_type == SCM_RIGHTS, (int)c->cmsg_len);
  int fd = *(int *)CMSG_DATA(c);
  T(write(fd, "through", 7));
  char b[16] = {0};
  T(read(p[0], b, 16));
  SAY("%s", b);
}
CASE(peer_credentials) {
  int s[2];
  struct ucred u;
  socklen_t n = sizeof u;
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  T(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &u, &n));
  SAY("%d %d %d", u.pid == getpid(), u.uid, u.gid);
}
CASE(tcp_round_trip) {
  int a, b;
  char x[16] = {0};
  tcp_pair(&a, &b);
  T(write(a, "request", 7));
  T(read(b, x, 16));
  T(write(b, "response", 8));
  T(read(a, x, 16));
  SAY("%s", x);
  close(a);
  T(read(b, x, 16));
}
CASE(tcp_connection_refused) {
  struct sockaddr_in at;
  int l = listener(&at, 1);
  close(l);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  T(connect(s, SA(at)));
}
CASE(tcp_names) {
  struct sockaddr_in at, x;
  socklen_t n = sizeof x;
  int l = listener(&at, 1), c = socket(AF_INET, SOCK_STREAM, 0);
  T(getpeername(c, (void *)&x, &n));
  T(getsockname(c, (void *)&x, &n));
  SAY("%d %d", x.sin_family, ntohs(x.sin_port));
  connect(c, SA(at));
  T(getpeername(c, (void *)&x, &n));
  SAY("%d %s", x.sin_port == at.sin_port, inet_ntoa(x.sin_addr));
  struct sockaddr_in from, me;
  n = sizeof from;
  int s = accept(l, (void *)&from, &n);
  SAY("%d", n);
  n = sizeof me;
  getsockname(c, (void *)&me, &n);
  SAY("%d", me.sin_port == from.sin_port);
}
CASE(tcp_address_in_use) {
  struct sockaddr_in at;
  int l = listener(&at, 1), s = socket(AF_INET, SOCK_STREAM, 0);
  T(bind(s, SA(at)));
  int one = 1;
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, 4);
  T(bind(s, SA(at)));
  struct sockaddr_in bad = {.sin_family = AF_INET, .sin_addr = {htonl(0x01020304)}};
  T(bind(s, SA(bad)));
  T(bind(l, SA(at)));
}
CASE(tcp_reuseport) {
  struct sockaddr_in at = loopback(0);
  socklen_t n = sizeof at;
  int one = 1, a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0);
  T(setsockopt(a, SOL_SOCKET, SO_REUSEPORT, &one, 4));
  T(setsockopt(b, SOL_SOCKET, SO_REUSEPORT, &one, 4));
  T(bind(a, SA(at)));
  getsockname(a, (void *)&at, &n);
  T(bind(b, SA(at)));
  T(listen(a, 1));
  T(listen(b, 1));
}
CASE(tcp_shutdown_halves) {
  int a, b;
  char x[8];
  tcp_pair(&a, &b);
  T(shutdown(a, SHUT_WR));
  T(read(b, x, 8));
  T(write(b, "still", 5));
  T(read(a, x, 8));
  signal(SIGPIPE, SIG_IGN);
  T(write(a, "x", 1));
  T(shutdown(a, 77));
  int s = socket(AF_INET, SOCK_STREAM, 0);
  T(shutdown(s, SHUT_RDWR));
}
CASE(tcp_shutdown_read) {
  int a, b;
  char x[8];
  tcp_pair(&a, &b);
  T(shutdown(a, SHUT_RD));
  T(read(a, x, 8));
}
CASE(tcp_reset_by_linger) {
  int a, b;
  char x[8];
  tcp_pair(&a, &b);
  struct linger l = {1, 0};
  setsockopt(a, SOL_SOCKET, SO_LINGER, &l, sizeof l);
  close(a);
  sleep_ms(10);
  T(read(b, x, 8));
  T(read(b, x, 8));
  signal(SIGPIPE, SIG_IGN);
  T(write(b, "x", 1));
}
CASE(tcp_write_after_peer_closed) {
  int a, b;
  tcp_pair(&a, &b);
  close(b);
  sleep_ms(10);
  T(write(a, "x", 1));
  sleep_ms(10);
  T(send(a, "x", 1, MSG_NOSIGNAL));
}
CASE(tcp_unread_data_resets) {
  int a, b;
  char x[8];
  tcp_pair(&a, &b);
  write(a, "data", 4);
  sleep_ms(5);
  close(b);
  sleep_ms(5);
  T(read(a, x, 8));
}
CASE(tcp_nonblocking_connect) {
  struct sockaddr_in at;
  int l = listener(&at, 5), s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), e = -1;
  socklen_t n = 4;
  errno = 0;
  int r = connect(s, SA(at));
  SAY("%d", r == 0 || errno == EINPROGRESS);
  struct pollfd p = {s, POLLOUT, 0};
  T(poll(&p, 1, 1000));
  T(getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &n));
  T(e);
  T(connect(s, SA(at)));
  T(accept4(l, NULL, NULL, SOCK_NONBLOCK | 1));
  int c = MUST(accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
  T(fcntl(c, F_GETFL) & O_NONBLOCK);
  T(fcntl(c, F_GETFD));
}
CASE(tcp_nonblocking_refused) {
  struct sockaddr_in at;
  close(listener(&at, 1));
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), e = -1;
  socklen_t n = 4;
  int r = connect(s, SA(at));
  struct pollfd p = {s, POLLOUT, 0};
  if (r == -1 && errno == EINPROGRESS) {
    poll(&p, 1, 1000);
    getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &n);
    SAY("%s", errno_name(e));
  } else SAY("%s", errno_name(errno));
}
CASE(accept_would_block) {
  struct sockaddr_in at;
  int l = listener(&at, 1);
  fcntl(l, F_SETFL, O_NONBLOCK);
  T(accept(l, NULL, NULL));
  int s = socket(AF_INET, SOCK_STREAM, 0);
  T(accept(s, NULL, NULL));
  int u = socket(AF_INET, SOCK_DGRAM, 0);
  T(accept(u, NULL, NULL));
  T(listen(u, 1));
}
CASE(send_and_receive_unconnected) {
  char b[4];
  int s = socket(AF_INET, SOCK_STREAM, 0);
  T(recv(s, b, 4, 0));
  signal(SIGPIPE, SIG_IGN);
  T(send(s, b, 4, 0));
  struct sockaddr_in at;
  int l = listener(&at, 1);
  T(recv(l, b, 4, 0));
}
CASE(receive_flags) {
  int a, b;
  char x[16] = {0};
  tcp_pair(&a, &b);
  T(recv(b, x, 8, MSG_DONTWAIT));
  write(a, "abcdef", 6);
  sleep_ms(5);
  T(recv(b, x, 3, MSG_PEEK));
  T(recv(b, x, 3, 0));
  SAY("%s", x);
  T(recv(b, x, 16, 0));
  SAY("%s", x);
}
CASE(receive_waitall) {
  int a, b;
  char x[16] = {0};
  tcp_pair(&a, &b);
  if (fork() == 0) { write(a, "12345", 5); sleep_ms(20); write(a, "67890", 5); _exit(0); }
  T(recv(b, x, 10, MSG_WAITALL));
  SAY("%s", x);
  wait(NULL);
}
CASE(receive_timeout) {
  int a, b;
  char x[4];
  tcp_pair(&a, &b);
  struct timeval t = {0, 10000};
  T(setsockopt(b, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
  T(recv(b, x, 4, 0));
}
CASE(messages_gather_and_scatter) {
  int a, b;
  char x[4] = {0}, y[16] = {0};
  tcp_pair(&a, &b);
  struct iovec out[2] = {{"hello ", 6}, {"world", 5}}, in[2] = {{x, 3}, {y, 15}};
  struct msghdr o = {.msg_iov = out, .msg_iovlen = 2}, i = {.msg_iov = in, .msg_iovlen = 2};
  T(sendmsg(a, &o, 0));
  sleep_ms(5);
  T(recvmsg(b, &i, 0));
  SAY("%s|%s %d", x, y, i.msg_flags);
}
CASE(socket_options) {
  int s = socket(AF_INET, SOCK_STREAM, 0), v = 0;
  socklen_t n = 4;
  T(getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &n));
  T(v);
  T(getsockopt(s, SOL_SOCKET, SO_ERROR, &v, &n));
  T(v);
  T(getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, &v, &n));
  T(v);
  T(getsockopt(s, SOL_SOCKET, SO_DOMAIN, &v, &n));
  T(v);
  v = 1;
  T(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, 4));
  v = 0;
  T(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, &n));
  T(v);
  v = 1;
  T(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, 4));
  v = 33;
  T(setsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &v, 4));
  v = 0;
  T(getsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &v, &n));
  T(v);
  T(setsockopt(s, SOL_SOCKET, 9999, &v, 4));
  T(setsockopt(s, 9999, 1, &v, 4));
  T(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &v, 1));
  T(getsockopt(1, SOL_SOCKET, SO_TYPE, &v, &n));
}
CASE(buffer_sizes_double) {
  int s = socket(AF_INET, SOCK_STREAM, 0), v = 20000;
  socklen_t n = 4;
  T(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, 4));
  T(getsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, &n));
  T(v);
  v = 1;
  setsockopt(s, SOL_SOCKET, SO_RCVBUF, &v, 4);
  getsockopt(s, SOL_SOCKET, SO_RCVBUF, &v, &n);
  T(v);
}
CASE(udp_datagrams) {
  struct sockaddr_in a = loopback(0), from;
  socklen_t n = sizeof a;
  int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0);
  bind(r, SA(a));
  getsockname(r, (void *)&a, &n);
  T(sendto(s, "first", 5, 0, SA(a)));
  T(sendto(s, "", 0, 0, SA(a)));
  char b[8] = {0};
  n = sizeof from;
  T(recvfrom(r, b, 3, 0, (void *)&from, &n));
  SAY("%s %s", b, inet_ntoa(from.sin_addr));
  T(recvfrom(r, b, 8, 0, NULL, NULL));
  T(recv(r, b, 8, MSG_DONTWAIT));
  T(send(s, "x", 1, 0));
}
CASE(udp_connected) {
  struct sockaddr_in a = loopback(0), b = loopback(0);
  socklen_t n = sizeof a;
  int x = socket(AF_INET, SOCK_DGRAM, 0), y = socket(AF_INET, SOCK_DGRAM, 0);
  bind(x, SA(a));
  getsockname(x, (void *)&a, &n);
  bind(y, SA(b));
  getsockname(y, (void *)&b, &n);
  T(connect(x, SA(b)));
  T(send(x, "hi", 2, 0));
  char buf[8];
  T(recv(y, buf, 8, 0));
  int z = socket(AF_INET, SOCK_DGRAM, 0);
  sendto(z, "stranger", 8, 0, SA(a));
  T(recv(x, buf, 8, MSG_DONTWAIT));
  sendto(y, "friend", 6, 0, SA(a));
  T(recv(x, buf, 8, MSG_DONTWAIT));
}
CASE(udp_refused) {
  struct sockaddr_in a = loopback(0);
  socklen_t n = sizeof a;
  int t = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0);
  bind(t, SA(a));
  getsockname(t, (void *)&a, &n);
  close(t);
  connect(s, SA(a));
  T(send(s, "x", 1, 0));
  sleep_ms(5);
  T(send(s, "x", 1, 0));
}
CASE(udp_too_large) {
  static char big[70000];
  struct sockaddr_in a = loopback(9);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  T(sendto(s, big, 70000, 0, SA(a)));
}
CASE(udp_large_datagram) {
  static char big[30000], in[40000];
  struct sockaddr_in a = loopback(0);
  socklen_t n = sizeof a;
  for (int i = 0; i < 30000; i++) big[i] = i * 3;
  int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0);
  bind(r, SA(a));
  getsockname(r, (void *)&a, &n);
  T(sendto(s, big, 30000, 0, SA(a)));
  T(recv(r, in, 40000, 0));
  T(memcmp(big, in, 30000));
}
CASE(tcp_megabyte) {
  int a, b;
  tcp_pair(&a, &b);
  int status;
  if (fork() == 0) {
    close(b);
    static char big[1 << 20];
    for (int i = 0; i < 1 << 20; i++) big[i] = i ^ i >> 9;
    long at = 0, n;
    while (at < 1 << 20 && (n = write(a, big + at, (1 << 20) - at)) > 0) at += n;
    _exit(0);
  }
  close(a);
  char x[5000];
  long at = 0, n, bad = 0;
  while ((n = read(b, x, sizeof x)) > 0) { for (long i = 0; i < n; i++, at++) bad |= x[i] != (char)(at ^ at >> 9); }
  SAY("%ld %ld", at, bad);
  wait(&status);
}
CASE(tcp_backpressure) {
  int a, b;
  tcp_pair(&a, &b);
  fcntl(a, F_SETFL, O_NONBLOCK);
  static char big[65536];
  long total = 0, n;
  while ((n = write(a, big, sizeof big)) > 0) total += n;
  SAY("%s %d", errno_name(errno), total > 65536);
  struct pollfd p = {a, POLLOUT, 0};
  T(poll(&p, 1, 0));
  long got = 0;
  while (got < total && (n = read(b, big, sizeof big)) > 0) got += n;
  T(got == total);
  T(poll(&p, 1, 1000));
}
CASE(sendfile_to_socket) {
  int s[2];
  char b[32] = {0};
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  put_file("f", "file over socket");
  ssize_t sendfile(int, int, off_t *, size_t);
  T(sendfile(s[0], open("f", O_RDONLY), NULL, 100));
  T(read(s[1], b, 32));
  SAY("%s", b);
}
CASE(connect_and_bind_bad_addresses) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = loopback(1);
  T(connect(s, (void *)&a, 3));
  T(connect(s, (void *)8, 16));
  T(bind(s, (void *)&a, 2));
  a.sin_family = 99;
  T(connect(s, SA(a)));
  T(bind(s, SA(a)));
}
CASE(unix_listen_backlog) {
  struct sockaddr_un a = {AF_UNIX, "s"};
  int l = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(l, SA(a));
  listen(l, 1);
  int ok = 0;
  for (int i = 0; i < 5; i++) {
    int c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(c, SA(a)) == 0) ok++;
    else { SAY("%s", errno_name(errno)); break; }
  }
  T(ok);
}
CASE(mmsg_calls) {
  int s[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  struct iovec v[2] = {{"aa", 2}, {"bbb", 3}};
  struct mmsghdr m[2] = {{{.msg_iov = &v[0], .msg_iovlen = 1}}, {{.msg_iov = &v[1], .msg_iovlen = 1}}};
  T(sendmmsg(s[0], m, 2, 0));
  char x[8], y[8];
  struct iovec w[2] = {{x, 8}, {y, 8}};
  struct mmsghdr r[2] = {{{.msg_iov = &w[0], .msg_iovlen = 1}}, {{.msg_iov = &w[1], .msg_iovlen = 1}}};
  T(recvmmsg(s[1], r, 2, MSG_DONTWAIT, NULL));
  SAY("%d %d", r[0].msg_len, r[1].msg_len);
}
CASE(socket_in_proc) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  char path[64], b[64] = {0};
  sprintf(path, "/proc/self/fd/%d", s);
  T(readlink(path, b, 8));
  SAY("%s", b);
  T(lseek(s, 0, SEEK_SET));
  T(pread(s, b, 1, 0));
}
