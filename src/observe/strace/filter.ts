// -e trace=SET, as strace(1) "Filtering" states it: names, %classes, a leading ! inverts, `all`, `none`.

/** Classes of system calls that share a kind of argument or purpose. */
const classes: Readonly<Record<string, RegExp>> = {
  file: /^(openat2?|execve(at)?|newfstatat|statx|readlinkat|mkdirat|mknodat|unlinkat|symlinkat|linkat|renameat2?|faccessat2?|fchmodat2?|fchownat|chdir|chroot|statfs|truncate|utimensat|mount|umount2|getcwd|l?(get|set|list|remove)xattr|name_to_handle_at|swapon|swapoff|quotactl|inotify_add_watch|acct|pivot_root|open_tree)$/,
  process:
    /^(clone3?|execve(at)?|exit(_group)?|wait4|waitid|kill|tkill|tgkill|rt_sigqueueinfo|rt_tgsigqueueinfo|pidfd_send_signal|pidfd_open|unshare)$/,
  network:
    /^(socket(pair)?|bind|connect|listen|accept4?|get(sock|peer)name|(send|recv)(to|from|msg|mmsg)|shutdown|[gs]etsockopt)$/,
  signal: /^(rt_sig\w+|sigaltstack|kill|tkill|tgkill|signalfd4|rt_tgsigqueueinfo|pidfd_send_signal)$/,
  ipc: /^(shm|msg|sem)(get|ctl|op|at|dt|snd|rcv|timedop)$/,
  memory:
    /^(brk|mmap|munmap|mprotect|mremap|madvise|mlock2?|munlock|mlockall|munlockall|mincore|msync|mbind|get_mempolicy|set_mempolicy|remap_file_pages|shmat|shmdt|io_uring_register|process_madvise)$/,
  desc: /^(read|write|readv|writev|p(read|write)(64|v2?)|close|dup3?|fcntl|ioctl|lseek|fstat|fsync|fdatasync|ftruncate|fallocate|getdents64|flock|pipe2|sendfile|splice|tee|vmsplice|copy_file_range|epoll_\w+|eventfd2|signalfd4|timerfd_\w+|inotify_\w+|p?poll|pselect6|ppoll|openat2?|newfstatat|fstatfs|fchdir|fchmod|fchown|fadvise64|mmap|close_range|memfd_create|sync_file_range)$/,
  clock: /^(clock_(g|s)ettime|clock_getres|clock_nanosleep|clock_adjtime|adjtimex|gettimeofday|settimeofday)$/,
  creds: /^(s?get(res|e)?[ug]id|set(re|res|fs)?[ug]id|[gs]etgroups|capget|capset|prctl)$/,
  stat: /^(newfstatat|fstat|statx)$/,
  lstat: /^newfstatat$/,
  fstat: /^(fstat|newfstatat|statx)$/,
  pure: /^(get(e?[ug]id|p?pid|tid)|umask)$/,
};

export class FilterError extends Error {}

/** A predicate over system call names. `known` tells whether a name is in the table; an unknown one is an error, as in strace. */
export function parseTraceFilter(expression: string, known: (name: string) => boolean): (name: string) => boolean {
  const [qualifier, rest] = expression.includes('=') ? splitOnce(expression, '=') : ['trace', expression];
  if (qualifier !== 'trace' && qualifier !== 't')
    throw new FilterError(`invalid -e qualifier '${qualifier}': expected trace=SET`);
  const inverted = rest.startsWith('!');
  const items = (inverted ? rest.slice(1) : rest).split(',').filter((item) => item !== '');
  const tests: ((name: string) => boolean)[] = [];
  for (const item of items) {
    if (item === 'all') tests.push(() => true);
    else if (item === 'none') tests.push(() => false);
    else if (item.startsWith('%')) {
      const pattern = classes[item.slice(1)];
      if (pattern === undefined)
        throw new FilterError(
          `invalid system call class '${item}': expected one of ${Object.keys(classes)
            .map((name) => `%${name}`)
            .join(', ')}`,
        );
      tests.push((name) => pattern.test(name));
    } else if (item.startsWith('/')) {
      let pattern: RegExp;
      try {
        pattern = new RegExp(item.slice(1));
      } catch {
        throw new FilterError(`invalid regular expression '${item.slice(1)}'`);
      }
      tests.push((name) => pattern.test(name));
    } else {
      const optional = item.startsWith('?');
      const name = optional ? item.slice(1) : item;
      const wanted = aliases[name] ?? [name];
      if (!optional && !wanted.some(known)) throw new FilterError(`invalid system call '${name}'`);
      tests.push((candidate) => wanted.includes(candidate));
    }
  }
  const matches = (name: string): boolean => tests.some((test) => test(name));
  return inverted ? (name) => !matches(name) : matches;
}

/** Classic names, which riscv64 has only in their *at form: `-e trace=open` shows openat. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  open: ['openat'],
  stat: ['newfstatat'],
  lstat: ['newfstatat'],
  fork: ['clone'],
  vfork: ['clone'],
  access: ['faccessat'],
  pipe: ['pipe2'],
  dup2: ['dup3'],
  mkdir: ['mkdirat'],
  rmdir: ['unlinkat'],
  unlink: ['unlinkat'],
  rename: ['renameat2', 'renameat'],
  link: ['linkat'],
  symlink: ['symlinkat'],
  readlink: ['readlinkat'],
  chmod: ['fchmodat'],
  poll: ['ppoll'],
  select: ['pselect6'],
  epoll_wait: ['epoll_pwait'],
  epoll_create: ['epoll_create1'],
  waitpid: ['wait4'],
};

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}
