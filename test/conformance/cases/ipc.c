// System V IPC: sysvipc(7).
#include "../harness.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static key_t key(int n) { return 0x43790000 + (getpid() & 0xff) * 256 + n; }
struct text { long type; char text[64]; };
static void put(int q, long type, const char *s) {
  struct text m = {.type = type};
  strcpy(m.text, s);
  msgsnd(q, &m, strlen(s) + 1, 0);
}
static void get(int q, long type, int flags) {
  struct text m = {0};
  long n = msgrcv(q, &m, sizeof m.text, type, flags);
  if (n < 0) SAY("-1 %s", errno_name(errno));
  else SAY("%ld: type %ld %s", n, m.type, m.text);
}

CASE(shm_shared_by_fork) {
  int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
  int *m = shmat(id, NULL, 0);
  SAY("%d %d", m[0], m[2047]);
  if (fork() == 0) { m[5] = 42; _exit(0); }
  wait(NULL);
  struct shmid_ds d;
  T(shmctl(id, IPC_STAT, &d));
  SAY("%d size %ld attached %ld mode %o creator %d", m[5], (long)d.shm_segsz, (long)d.shm_nattch, d.shm_perm.mode, d.shm_cpid == getpid());
  T(shmdt(m));
  T(shmdt(m));
  T(shmctl(id, IPC_RMID, NULL));
  T(shmctl(id, IPC_STAT, &d));
}
CASE(shm_by_key) {
  key_t k = key(1);
  T(shmget(k, 100, 0600));
  int id = shmget(k, 100, IPC_CREAT | 0600);
  T(shmget(k, 100, IPC_CREAT | IPC_EXCL | 0600));
  T(shmget(k, 200, 0600));
  T(shmget(k, 50, 0600) == id);
  T(shmget(k, 0, 0600) == id);
  T(shmctl(id, IPC_RMID, NULL));
  T(shmget(k, 100, 0600));
  T(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600));
}
CASE(shm_removed_stays_while_attached) {
  int id = shmget(IPC_PRIVATE, 4096, 0600);
  char *a = shmat(id, NULL, 0);
  strcpy(a, "still here");
  T(shmctl(id, IPC_RMID, NULL));
  char *b = shmat(id, NULL, 0);
  SAY("%s", b != (void *)-1 ? b : "gone");
  shmdt(b);
  shmdt(a);
  T(shmat(id, NULL, 0) == (void *)-1);
}
CASE(shm_read_only_and_errors) {
  int id = shmget(IPC_PRIVATE, 4096, 0600);
  T(shmat(id, (void *)0x123457, 0) == (void *)-1);
  T(shmat(-1, NULL, 0) == (void *)-1);
  T(shmat(123456789, NULL, 0) == (void *)-1);
  T(shmdt((void *)0x10000));
  T(shmctl(id, 99, NULL));
  shmctl(id, IPC_RMID, NULL);
}
CASE(sem_counts) {
  int id = semget(IPC_PRIVATE, 3, 0600);
  unsigned short all[3] = {1, 2, 3}, out[3];
  T(semctl(id, 0, SETALL, all));
  struct sembuf up = {0, 4, 0}, down = {2, -3, 0}, two[2] = {{0, -5, 0}, {1, 1, 0}};
  T(semop(id, &up, 1));
  T(semop(id, &down, 1));
  T(semop(id, two, 2));
  semctl(id, 0, GETALL, out);
  SAY("%d %d %d", out[0], out[1], out[2]);
  T(semctl(id, 1, GETVAL));
  T(semctl(id, 3, GETVAL));
  T(semctl(id, 1, GETPID) == getpid());
  T(semctl(id, 0, SETVAL, 40000));
  struct semid_ds d;
  T(semctl(id, 0, IPC_STAT, &d));
  SAY("%ld mode %o", (long)d.sem_nsems, d.sem_perm.mode);
  T(semctl(id, 0, IPC_RMID));
  T(semctl(id, 0, GETVAL));
}
CASE(sem_errors) {
  int id = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf far = {7, 1, 0}, down = {0, -1, IPC_NOWAIT}, big = {0, 32767, 0}, one = {0, 1, 0};
  T(semop(id, &far, 1));
  T(semop(id, &down, 1));
  T(semop(id, &big, 1));
  T(semop(id, &one, 1));
  T(semop(id, &one, 0));
  T(semop(-1, &one, 1));
  T(semop(id, (void *)8, 1));
  T(semget(IPC_PRIVATE, 0, 0600));
  T(semget(IPC_PRIVATE, -1, 0600));
  T(semctl(id, 0, 99));
  semctl(id, 0, IPC_RMID);
}
CASE(sem_all_or_nothing) {
  int id = semget(IPC_PRIVATE, 2, 0600);
  struct sembuf ops[2] = {{0, 1, 0}, {1, -1, IPC_NOWAIT}};
  T(semop(id, ops, 2));
  T(semctl(id, 0, GETVAL));
  semctl(id, 0, IPC_RMID);
}
CASE(sem_waits_and_wakes) {
  int id = semget(IPC_PRIVATE, 1, 0600);
  pid_t c = fork();
  if (c == 0) { struct sembuf down = {0, -2, 0}; _exit(semop(id, &down, 1) == 0 ? 3 : 4); }
  while (semctl(id, 0, GETNCNT) != 1) usleep(1000);
  struct sembuf up = {0, 1, 0};
  semop(id, &up, 1);
  usleep(2000);
  T(semctl(id, 0, GETNCNT));
  semop(id, &up, 1);
  int status;
  waitpid(c, &status, 0);
  SAY("%d value %d", WEXITSTATUS(status), semctl(id, 0, GETVAL));
  semctl(id, 0, IPC_RMID);
}
CASE(sem_zero_wait_and_removal) {
  int id = semget(IPC_PRIVATE, 1, 0600);
  semctl(id, 0, SETVAL, 1);
  pid_t c = fork();
  if (c == 0) { struct sembuf zero = {0, 0, 0}; T(semop(id, &zero, 1)); fflush(stdout); _exit(0); }
  while (semctl(id, 0, GETZCNT) != 1) usleep(1000);
  semctl(id, 0, IPC_RMID);
  wait(NULL);
}
CASE(sem_undo) {
  int id = semget(IPC_PRIVATE, 1, 0600);
  semctl(id, 0, SETVAL, 5);
  if (fork() == 0) { struct sembuf down = {0, -3, SEM_UNDO}; semop(id, &down, 1); SAY("%d", semctl(id, 0, GETVAL)); fflush(stdout); _exit(0); }
  wait(NULL);
  SAY("%d", semctl(id, 0, GETVAL));
  semctl(id, 0, IPC_RMID);
}
CASE(sem_timeout) {
  int id = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf down = {0, -1, 0};
  struct timespec t = {0, 5000000};
  T(semtimedop(id, &down, 1, &t));
  semctl(id, 0, IPC_RMID);
}
CASE(msg_in_order_and_by_type) {
  int q = msgget(IPC_PRIVATE, 0600);
  put(q, 5, "five");
  put(q, 2, "two");
  put(q, 9, "nine");
  put(q, 2, "two again");
  struct msqid_ds d;
  msgctl(q, IPC_STAT, &d);
  SAY("%ld messages of %ld bytes", (long)d.msg_qnum, (long)d.msg_qbytes);
  get(q, 2, 0);
  get(q, -4, 0);
  get(q, 5, MSG_EXCEPT);
  get(q, 0, 0);
  get(q, 0, IPC_NOWAIT);
  T(msgctl(q, IPC_RMID, NULL));
  get(q, 0, 0);
}
CASE(msg_too_long) {
  int q = msgget(IPC_PRIVATE, 0600);
  put(q, 1, "a long message");
  struct text m = {0};
  T(msgrcv(q, &m, 4, 0, 0));
  T(msgrcv(q, &m, 4, 0, MSG_NOERROR));
  SAY("%.4s", m.text);
  m.type = 0;
  T(msgsnd(q, &m, 4, 0));
  msgctl(q, IPC_RMID, NULL);
}
CASE(msg_waits_both_ways) {
  int q = msgget(IPC_PRIVATE, 0600);
  struct { long type; char text[8000]; } m = {1, {0}};
  pid_t c = fork();
  if (c == 0) {
    for (int i = 0; i < 10; i++) { m.text[0] = i; msgsnd(q, &m, sizeof m.text, 0); }
    _exit(0);
  }
  int sum = 0;
  for (int i = 0; i < 10; i++) { if (i % 3 == 0) usleep(2000); msgrcv(q, &m, sizeof m.text, 0, 0); sum += m.text[0]; }
  wait(NULL);
  SAY("%d", sum);
  msgctl(q, IPC_RMID, NULL);
}
