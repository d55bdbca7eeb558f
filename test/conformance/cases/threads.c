#include "../harness.h"
#include <linux/futex.h>
#include <semaphore.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int shared, ready;
static void *add(void *n) {
  for (long i = 0; i < (long)n; i++) { pthread_mutex_lock(&m); shared++; pthread_mutex_unlock(&m); }
  return n;
}
CASE(create_and_join) {
  pthread_t t;
  void *r;
  T(pthread_create(&t, NULL, add, (void *)5));
  T(pthread_join(t, &r));
  SAY("%ld %d", (long)r, shared);
  T(pthread_join(pthread_self(), NULL));
}
CASE(mutex_protects) {
  pthread_t t[8];
  for (int i = 0; i < 8; i++) pthread_create(&t[i], NULL, add, (void *)2000);
  for (int i = 0; i < 8; i++) pthread_join(t[i], NULL);
  T(shared);
}
CASE(mutex_kinds) {
  pthread_mutexattr_t a;
  pthread_mutex_t e, r;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&e, &a);
  T(pthread_mutex_lock(&e));
  T(pthread_mutex_lock(&e));
  T(pthread_mutex_unlock(&e));
  T(pthread_mutex_unlock(&e));
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&r, &a);
  T(pthread_mutex_lock(&r));
  T(pthread_mutex_lock(&r));
  T(pthread_mutex_unlock(&r));
  T(pthread_mutex_unlock(&r));
  T(pthread_mutex_unlock(&r));
}
static void *try(void *x) { T(pthread_mutex_trylock(&m)); return 0; }
CASE(mutex_trylock_and_timeout) {
  pthread_t t;
  pthread_mutex_lock(&m);
  pthread_create(&t, NULL, try, NULL);
  pthread_join(t, NULL);
  struct timespec d;
  clock_gettime(CLOCK_REALTIME, &d);
  d.tv_nsec += 5000000;
  if (d.tv_nsec >= 1000000000) { d.tv_sec++; d.tv_nsec -= 1000000000; }
  T(pthread_mutex_timedlock(&m, &d));
}
static void *producer(void *x) {
  for (int i = 1; i <= 100; i++) {
    pthread_mutex_lock(&m);
    while (ready) pthread_cond_wait(&c, &m);
    shared = i;
    ready = 1;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
  }
  return 0;
}
CASE(condition_hands_over) {
  pthread_t t;
  int sum = 0;
  pthread_create(&t, NULL, producer, NULL);
  for (int i = 0; i < 100; i++) {
    pthread_mutex_lock(&m);
    while (!ready) pthread_cond_wait(&c, &m);
    sum += shared;
    ready = 0;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
  }
  pthread_join(t, NULL);
  T(sum);
}
CASE(condition_times_out) {
  struct timespec d;
  clock_gettime(CLOCK_REALTIME, &d);
  d.tv_nsec += 5000000;
  if (d.tv_nsec >= 1000000000) { d.tv_sec++; d.tv_nsec -= 1000000000; }
  pthread_mutex_lock(&m);
  T(pthread_cond_timedwait(&c, &m, &d));
}
static pthread_barrier_t barrier;
static volatile int arrived[6];
static void *meet(void *n) {
  arrived[(long)n] = 1;
  int serial = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
  int all = 1;
  for (int i = 0; i < 6; i++) all &= arrived[i];
  return (void *)(long)(all * 2 + serial);
}
CASE(barrier_meets) {
  pthread_t t[6];
  long serial = 0, all = 0;
  pthread_barrier_init(&barrier, NULL, 6);
  for (long i = 0; i < 6; i++) pthread_create(&t[i], NULL, meet, (void *)i);
  for (int i = 0; i < 6; i++) { void *r; pthread_join(t[i], &r); serial += (long)r & 1; all += (long)r >> 1; }
  SAY("%ld %ld", serial, all);
}
static sem_t sem;
static void *poster(void *x) { for (int i = 0; i < 50; i++) sem_post(&sem); return 0; }
CASE(semaphores) {
  pthread_t t;
  int v;
  sem_init(&sem, 0, 0);
  T(sem_trywait(&sem));
  pthread_create(&t, NULL, poster, NULL);
  for (int i = 0; i < 50; i++) sem_wait(&sem);
  pthread_join(t, NULL);
  sem_getvalue(&sem, &v);
  T(v);
  struct timespec d = {1, 0};
  T(sem_timedwait(&sem, &d));
}
CASE(semaphore_between_processes) {
  sem_t *s = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  sem_init(s, 1, 0);
  if (fork() == 0) { sleep_ms(10); sem_post(s); _exit(0); }
  T(sem_wait(s));
  wait(NULL);
}
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static void *reader(void *x) { T(pthread_rwlock_tryrdlock(&rw)); pthread_rwlock_unlock(&rw); T(pthread_rwlock_trywrlock(&rw)); return 0; }
CASE(reader_writer_lock) {
  pthread_t t;
  pthread_rwlock_rdlock(&rw);
  pthread_create(&t, NULL, reader, NULL);
  pthread_join(t, NULL);
  pthread_rwlock_unlock(&rw);
  T(pthread_rwlock_wrlock(&rw));
}
static __thread int local = 5;
static void *use_local(void *n) { local += (long)n; return (void *)(long)local; }
CASE(thread_local_storage) {
  pthread_t t[4];
  for (long i = 0; i < 4; i++) pthread_create(&t[i], NULL, use_local, (void *)i);
  for (int i = 0; i < 4; i++) { void *r; pthread_join(t[i], &r); SAY("%ld", (long)r); }
  T(local);
}
static pthread_key_t key;
static void destroy(void *v) { SAY("destroyed %ld", (long)v); }
static void *keyed(void *n) { pthread_setspecific(key, n); return pthread_getspecific(key); }
CASE(thread_specific_data) {
  pthread_t t;
  void *r;
  pthread_key_create(&key, destroy);
  pthread_create(&t, NULL, keyed, (void *)33);
  pthread_join(t, &r);
  SAY("%ld %ld", (long)r, (long)pthread_getspecific(key));
}
static void once_only(void) { SAY("once"); }
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *do_once(void *x) { pthread_once(&once, once_only); return 0; }
CASE(once) {
  pthread_t t[3];
  for (int i = 0; i < 3; i++) pthread_create(&t[i], NULL, do_once, NULL);
  for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
}
static void cleanup(void *x) { SAY("cleanup %ld", (long)x); }
static void *forever(void *x) {
  pthread_cleanup_push(cleanup, (void *)8);
  for (;;) sleep_ms(1000);
  pthread_cleanup_pop(0);
  return 0;
}
CASE(cancel_while_sleeping) {
  pthread_t t;
  void *r;
  pthread_create(&t, NULL, forever, NULL);
  sleep_ms(10);
  int cancelled = pthread_cancel(t); // who prints first is nobody's promise: join before printing
  T(pthread_join(t, &r));
  T(cancelled);
  T(r == PTHREAD_CANCELED);
}
static void *spinning(void *x) {
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  for (;;) ready = 1;
}
CASE(cancel_asynchronously) {
  pthread_t t;
  void *r;
  pthread_create(&t, NULL, spinning, NULL);
  while (!ready) sched_yield();
  pthread_cancel(t);
  pthread_join(t, &r);
  T(r == PTHREAD_CANCELED);
}
static void *uncancellable(void *x) {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
  ready = 1;
  sleep_ms(20);
  SAY("finished");
  return (void *)1;
}
CASE(cancel_disabled) {
  pthread_t t;
  void *r;
  pthread_create(&t, NULL, uncancellable, NULL);
  while (!ready) sched_yield();
  pthread_cancel(t);
  pthread_join(t, &r);
  T((long)r);
}
static void *nothing(void *x) { return x; }
CASE(thousand_threads_in_turn) {
  long sum = 0;
  for (long i = 0; i < 1000; i++) { pthread_t t; void *r; MUST(-pthread_create(&t, NULL, nothing, (void *)i)); pthread_join(t, &r); sum += (long)r; }
  T(sum);
}
static pthread_barrier_t gate;
static void *wait_gate(void *n) { pthread_barrier_wait(&gate); __atomic_fetch_add(&shared, 1, __ATOMIC_SEQ_CST); return n; }
CASE(thousand_threads_at_once) {
  pthread_t *t = calloc(1000, sizeof *t);
  pthread_attr_t a;
  pthread_attr_init(&a);
  pthread_attr_setstacksize(&a, 32768);
  pthread_barrier_init(&gate, NULL, 1001);
  for (long i = 0; i < 1000; i++) MUST(-pthread_create(&t[i], &a, wait_gate, (void *)i));
  pthread_barrier_wait(&gate);
  for (int i = 0; i < 1000; i++) pthread_join(t[i], NULL);
  T(shared);
}
static void *detached(void *x) { ready = 1; return 0; }
CASE(detached_thread) {
  pthread_t t;
  pthread_attr_t a;
  pthread_attr_init(&a);
  pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
  pthread_create(&t, &a, detached, NULL);
  while (!ready) sched_yield();
  SAY("done");
}
static void *exit_all(void *x) { exit(7); }
CASE(exit_from_thread_ends_all) {
  int status;
  if (fork() == 0) { pthread_t t; pthread_create(&t, NULL, exit_all, NULL); for (;;) pause(); }
  wait(&status);
  show_status(status);
}
CASE(main_thread_exits_first) {
  int status;
  if (fork() == 0) { pthread_t t; void *late(void *x) { sleep_ms(20); SAY("late"); return 0; } pthread_create(&t, NULL, late, NULL); pthread_exit(NULL); }
  wait(&status);
  show_status(status);
}
static void *crash(void *x) { *(volatile int *)0 = 1; return 0; }
CASE(crash_in_thread_kills_process) {
  int status;
  if (fork() == 0) { pthread_t t; pthread_create(&t, NULL, crash, NULL); for (;;) pause(); }
  wait(&status);
  show_status(status);
}
CASE(thread_ids) {
  static volatile int tid, pid;
  void *ids(void *x) { tid = syscall(SYS_gettid); pid = getpid(); return 0; }
  pthread_t t;
  pthread_create(&t, NULL, ids, NULL);
  pthread_join(t, NULL);
  SAY("%d %d %d", pid == getpid(), tid != getpid(), (int)syscall(SYS_gettid) == getpid());
}
static volatile int handled_by;
static void note_tid(int s) { handled_by = syscall(SYS_gettid); }
CASE(signal_to_one_thread) {
  signal(SIGUSR1, note_tid);
  static volatile int tid;
  void *waits(void *x) { tid = syscall(SYS_gettid); while (!handled_by) sched_yield(); return 0; }
  pthread_t t;
  pthread_create(&t, NULL, waits, NULL);
  while (!tid) sched_yield();
  pthread_kill(t, SIGUSR1);
  pthread_join(t, NULL);
  T(handled_by == tid);
}
CASE(signal_goes_to_unblocked_thread) {
  signal(SIGUSR1, note_tid);
  static volatile int tid;
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  void *waits(void *x) { tid = syscall(SYS_gettid); while (!handled_by) sched_yield(); return 0; }
  pthread_t t;
  pthread_create(&t, NULL, waits, NULL);
  while (!tid) sched_yield();
  pthread_sigmask(SIG_BLOCK, &s, NULL);
  kill(getpid(), SIGUSR1);
  pthread_join(t, NULL);
  T(handled_by == tid);
}
CASE(sigwait_in_thread) {
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &s, NULL);
  void *waits(void *x) { int got; sigwait((sigset_t *)x, &got); return (void *)(long)got; }
  pthread_t t;
  void *r;
  pthread_create(&t, NULL, waits, &s);
  kill(getpid(), SIGUSR2);
  pthread_join(t, &r);
  SAY("%ld", (long)r);
}
static int word;
static long futex(int *w, int op, int v, void *t, int *w2, int v3) { return syscall(SYS_futex, w, op, v, t, w2, v3); }
CASE(futex_value_mismatch) {
  word = 1;
  T(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0));
  T(futex(&word, FUTEX_WAKE, 10, NULL, NULL, 0));
  T(futex((int *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
  T(futex((int *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0));
  T(futex(&word, 77, 0, NULL, NULL, 0));
}
CASE(futex_times_out) {
  struct timespec t = {0, 3000000};
  T(futex(&word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0));
  t.tv_nsec = -1;
  T(futex(&word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0));
  struct timespec past = {0, 0};
  T(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, &past, NULL, -1));
  T(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, &past, NULL, 0));
}
static void *futex_waiter(void *x) { __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST); futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0); __atomic_fetch_add(&shared, 1, __ATOMIC_SEQ_CST); return 0; }
CASE(futex_wakes_counted) {
  pthread_t t[5];
  for (int i = 0; i < 5; i++) pthread_create(&t[i], NULL, futex_waiter, NULL);
  while (ready < 5) sched_yield();
  sleep_ms(20);
  T(futex(&word, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0));
  sleep_ms(20);
  T(shared);
  T(futex(&word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0));
  for (int i = 0; i < 5; i++) pthread_join(t[i], NULL);
}
static int other;
CASE(futex_requeues) {
  pthread_t t[4];
  for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, futex_waiter, NULL);
  while (ready < 4) sched_yield();
  sleep_ms(20);
  T(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2, &other, 99));
  T(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2, &other, 0));
  T(futex(&other, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
  T(futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
}
CASE(futex_wake_op) {
  word = 0;
  other = 5;
  T(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &other, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)));
  T(other);
}
CASE(futex_shared_between_processes) {
  int *w = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (fork() == 0) { while (*w == 0) futex(w, FUTEX_WAIT, 0, NULL, NULL, 0); _exit(*w); }
  sleep_ms(10);
  *w = 3;
  T(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0));
  int status;
  wait(&status);
  show_status(status);
}
static void *die_locked(void *x) { pthread_mutex_lock(x); return 0; }
CASE(robust_mutex_owner_dies) {
  pthread_mutexattr_t a;
  pthread_mutex_t r;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&r, &a);
  pthread_t t;
  pthread_create(&t, NULL, die_locked, &r);
  pthread_join(t, NULL);
  T(pthread_mutex_lock(&r));
  T(pthread_mutex_consistent(&r));
  T(pthread_mutex_unlock(&r));
}
static pthread_mutex_t pi;
static void *lock_pi(void *x) { pthread_mutex_lock(&pi); shared++; pthread_mutex_unlock(&pi); return 0; }
CASE(priority_inheritance_mutex) {
  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
  T(pthread_mutex_init(&pi, &a));
  pthread_t t[3];
  T(pthread_mutex_lock(&pi));
  for (int i = 0; i < 3; i++) pthread_create(&t[i], NULL, lock_pi, NULL);
  sleep_ms(10);
  T(pthread_mutex_unlock(&pi));
  for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
  T(shared);
}
CASE(fork_in_threaded_process) {
  pthread_t t;
  void *waits(void *x) { while (!ready) sched_yield(); return 0; }
  pthread_create(&t, NULL, waits, NULL);
  int status;
  if (fork() == 0) _exit(syscall(SYS_gettid) == getpid() ? 4 : 1);
  wait(&status);
  show_status(status);
  ready = 1;
  pthread_join(t, NULL);
}
CASE(threads_listed_in_proc) {
  pthread_t t[3];
  void *waits(void *x) { while (!ready) sleep_ms(1); return 0; }
  for (int i = 0; i < 3; i++) pthread_create(&t[i], NULL, waits, NULL);
  DIR *d = opendir("/proc/self/task");
  int n = 0;
  for (struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
  ready = 1;
  for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
  T(n >= 4);
}
CASE(clone_argument_checks) {
  T(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
  T(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
}
CASE(set_tid_address_returns_tid) { T(syscall(SYS_set_tid_address, 0) == getpid()); }
