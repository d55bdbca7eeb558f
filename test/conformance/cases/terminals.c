#include "../harness.h"
#include <termios.h>

// Pseudo-terminals and the line discipline: pty(7), termios(3), tty_ioctl(4).
static int master, slave;

static void open_pair(void) {
  master = MUST(posix_openpt(O_RDWR | O_NOCTTY));
  MUST(grantpt(master));
  MUST(unlockpt(master));
  slave = MUST(open(ptsname(master), O_RDWR | O_NOCTTY));
}
static void show(const char *what, int fd) {
  char b[512];
  errno = 0;
  int n = read(fd, b, sizeof b);
  printf("%s %d:", what, n);
  if (n < 0) printf(" %s", errno_name(errno));
  for (int i = 0; i < n; i++) printf(b[i] < 32 || b[i] > 126 ? " \\x%02x" : " %c", (unsigned char)b[i]);
  printf("\n");
  fflush(stdout);
}
static void type(const char *keys) { MUST(write(master, keys, strlen(keys))); }
static struct termios settings(void) {
  struct termios t;
  MUST(tcgetattr(slave, &t));
  return t;
}
static void noncanonical(int min, int time) {
  struct termios t = settings();
  t.c_lflag &= ~(ICANON | ECHO);
  t.c_cc[VMIN] = min;
  t.c_cc[VTIME] = time;
  MUST(tcsetattr(slave, TCSANOW, &t));
}
CASE(pty_names) {
  open_pair();
  T(strncmp(ptsname(master), "/dev/pts/", 9));
  T(isatty(master));
  T(isatty(slave));
  struct stat s;
  fstat(slave, &s);
  T(S_ISCHR(s.st_mode));
  T(lseek(slave, 0, SEEK_SET));
}
CASE(pty_locked_slave) {
  int m = MUST(posix_openpt(O_RDWR | O_NOCTTY));
  OK(open(ptsname(m), O_RDWR | O_NOCTTY));
}
CASE(canonical_line) {
  open_pair();
  type("hello\n");
  show("slave", slave);
  show("echo", master);
  type("a\rb\nc\n");
  show("first", slave);
  show("second", slave);
  show("third", slave);
}
CASE(canonical_editing) {
  open_pair();
  type("ab\x7f" "c\n");
  show("erase", slave);
  show("echo", master);
  type("gone\x15kept\n");
  show("kill", slave);
  show("echo", master);
  type("one two\x17X\n");
  show("word", slave);
  show("echo", master);
  type("\x16\x03\n");
  show("literal", slave);
}
CASE(canonical_end_of_file) {
  open_pair();
  type("part\x04");
  show("part", slave);
  type("\x04");
  show("end", slave);
  type("more\n");
  show("more", slave);
}
CASE(canonical_partial_reads) {
  open_pair();
  type("abcdef\n");
  char b[4];
  T(read(slave, b, 4));
  int left;
  T(ioctl(slave, FIONREAD, &left));
  SAY("%d", left);
  show("rest", slave);
}
CASE(output_processing) {
  open_pair();
  T(write(slave, "a\nb\r\tc", 6));
  show("master", master);
  struct termios t = settings();
  t.c_oflag &= ~OPOST;
  tcsetattr(slave, TCSANOW, &t);
  T(write(slave, "a\nb", 3));
  show("raw", master);
}
CASE(input_mapping) {
  open_pair();
  struct termios t = settings();
  t.c_iflag |= INLCR;
  t.c_iflag &= ~ICRNL;
  t.c_lflag &= ~(ICANON | ECHO);
  tcsetattr(slave, TCSANOW, &t);
  type("a\nb\r");
  show("mapped", slave);
  t.c_iflag |= IGNCR;
  tcsetattr(slave, TCSANOW, &t);
  type("a\rb");
  show("ignored", slave);
}
CASE(noncanonical_minimum) {
  open_pair();
  noncanonical(1, 0);
  type("xyz");
  show("some", slave);
  noncanonical(0, 0);
  show("none", slave);
  noncanonical(0, 1);
  show("timeout", slave);
}
CASE(echo_control_characters) {
  open_pair();
  type("\x01\x1b\n");
  show("slave", slave);
  show("echo", master);
  struct termios t = settings();
  t.c_lflag &= ~ECHO;
  tcsetattr(slave, TCSANOW, &t);
  type("quiet\n");
  show("slave", slave);
  t.c_lflag |= ECHONL;
  tcsetattr(slave, TCSANOW, &t);
  type("newline\n");
  show("echo", master);
}
CASE(flush_queues) {
  open_pair();
  type("dropped\n");
  T(tcflush(slave, TCIFLUSH));
  type("kept\n");
  show("slave", slave);
  T(tcflush(slave, 7));
}
CASE(window_size) {
  open_pair();
  struct winsize w = {30, 100, 1, 2}, v = {0};
  T(ioctl(master, TIOCSWINSZ, &w));
  T(ioctl(slave, TIOCGWINSZ, &v));
  SAY("%d %d %d %d", v.ws_row, v.ws_col, v.ws_xpixel, v.ws_ypixel);
}
CASE(default_settings) {
  open_pair();
  struct termios t = settings();
  SAY("%o %o %o", t.c_iflag, t.c_oflag, t.c_lflag);
  for (int i = 0; i < 17; i++) printf("%d ", t.c_cc[i]);
  SAY("%d", cfgetospeed(&t) == B38400);
}
CASE(poll_terminal) {
  open_pair();
  struct pollfd p = {slave, POLLIN | POLLOUT, 0};
  poll(&p, 1, 0);
  SAY("%x", p.revents);
  type("x");
  poll(&p, 1, 0);
  SAY("%x", p.revents);
  type("\n");
  poll(&p, 1, 0);
  SAY("%x", p.revents);
}
CASE(master_after_slave_closed) {
  open_pair();
  write(slave, "last", 4);
  close(slave);
  show("master", master);
  show("then", master);
}
CASE(slave_after_master_closed) {
  open_pair();
  close(master);
  show("slave", slave);
  T(write(slave, "x", 1));
  struct pollfd p = {slave, POLLIN | POLLOUT, 0};
  poll(&p, 1, 0);
  SAY("%x", p.revents);
}
CASE(no_controlling_terminal) {
  open_pair();
  if (fork() == 0) {
    setsid();
    T(tcgetpgrp(slave));
    OK(open("/dev/tty", O_RDWR));
    _exit(0);
  }
  wait(0);
}
CASE(keys_signal_the_foreground) {
  open_pair();
  int ready[2];
  pipe(ready);
  if (fork() == 0) {
    setsid();
    T(ioctl(slave, TIOCSCTTY, 0));
    T(tcgetpgrp(slave) == getpid());
    sigset_t keys;
    sigemptyset(&keys);
    sigaddset(&keys, SIGINT);
    sigaddset(&keys, SIGQUIT);
    sigaddset(&keys, SIGWINCH);
    sigprocmask(SIG_BLOCK, &keys, 0);
    for (int i = 0, number; i < 3; i++) {
      write(ready[1], "x", 1);
      sigwait(&keys, &number);
      SAY("signal %d", number);
    }
    _exit(7);
  }
  char c;
  read(ready[0], &c, 1);
  type("\x03");
  read(ready[0], &c, 1);
  type("\x1c");
  read(ready[0], &c, 1);
  struct winsize w = {31, 80, 0, 0};
  ioctl(master, TIOCSWINSZ, &w);
  int status;
  wait(&status);
  show_status(status);
}
CASE(opening_makes_it_controlling) {
  open_pair();
  char *name = ptsname(master);
  if (fork() == 0) {
    setsid();
    OK(open(name, O_RDWR));
    OK(open("/dev/tty", O_RDWR));
    T(tcgetpgrp(slave) == getpid());
    T(tcsetpgrp(slave, 999999));
    T(tcsetpgrp(slave, getppid()));
    _exit(0);
  }
  wait(0);
}
CASE(ioctl_errors) {
  open_pair();
  int p[2];
  pipe(p);
  struct termios t;
  T(tcgetattr(p[0], &t));
  T(ioctl(slave, TCGETS, 8));
  T(ioctl(slave, TIOCGPGRP, &p));
  T(ioctl(slave, TIOCNOTTY, 0));
}
