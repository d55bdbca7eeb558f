// Names and files: path_resolution(7), open(2), rename(2), unlink(2), and what tmpfs keeps. Behaviour is compared with Linux call by
// call in test/conformance; here stands what can only be seen from inside, and the rules that are easy to break.

import { beforeEach, describe, expect, test } from 'vitest';
import * as errno from '../../../src/kernel/errno.ts';
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../../src/kernel/fs/constants.ts';
import type { TmpFileSystem } from '../../../src/kernel/fs/tmpfs.ts';
import { machineIsBuilt } from '../guest.ts';
import { System } from './system.ts';

const AT_FDCWD = -100;

describe.skipIf(!machineIsBuilt)('the tree', () => {
  let system: System;
  beforeEach(async () => {
    system = await System.boot();
  });
  const make = (path: string, text = ''): void => {
    const fd = system.open(path, O_CREAT | O_WRONLY | O_TRUNC);
    if (text !== '') system.write(fd, text);
    system.call('close', fd);
  };
  const rename = (from: string, to: string, flags = 0): number =>
    system.call('renameat2', AT_FDCWD, from, AT_FDCWD, to, flags);

  test('a file keeps its bytes, holes read as zeros, truncation forgets', () => {
    const fd = system.open('/tmp/f', O_CREAT | O_RDWR);
    expect(system.write(fd, 'head')).toBe(4);
    expect(system.call('lseek', fd, 10_000, 0)).toBe(10_000);
    expect(system.write(fd, 'tail')).toBe(4);
    expect(system.call('lseek', fd, 0, 3)).toBe(0);
    expect(system.call('lseek', fd, 0, 4)).toBe(4096);
    expect(system.call('lseek', fd, 4096, 3)).toBe(8192);
    system.call('lseek', fd, 9998, 0);
    expect(system.read(fd)).toBe('\0\0tail');
    expect(system.call('ftruncate', fd, 2)).toBe(0);
    expect(system.call('ftruncate', fd, 6)).toBe(0);
    system.call('lseek', fd, 0, 0);
    expect(system.read(fd)).toBe('he\0\0\0\0');
  });

  test('a file of the host is read through guest pages, and overwriting it does not change the rest', () => {
    const bytes = new Uint8Array(9000).map((_, index) => index % 251);
    system.kernel.vfs.install('/tmp/host', () => bytes, 0o644, { size: bytes.length });
    const fd = system.open('/tmp/host', O_RDWR);
    expect(system.call('pwrite64', fd, Uint8Array.of(1, 2, 3), 3, 5000)).toBe(3);
    const buffer = system.allocate(9000);
    expect(system.call('pread64', fd, buffer, 9000, 0)).toBe(9000);
    const wanted = bytes.slice();
    wanted.set([1, 2, 3], 5000);
    expect(system.bytes(buffer, 9000)).toEqual(wanted);
    expect(bytes[5000]).toBe(5000 % 251);
  });

  test('unlinked files live while open, and their pages come back at the last close', () => {
    const mount = system.kernel.vfs.mounts.find((candidate) => system.kernel.vfs.pathOf(candidate.root) === '/tmp')!;
    const fileSystem = mount.fileSystem as TmpFileSystem;
    const fd = system.open('/tmp/f', O_CREAT | O_RDWR);
    for (let page = 0; page < 20; page++) system.write(fd, 'x'.repeat(4096));
    expect(system.call('unlinkat', AT_FDCWD, '/tmp/f', 0)).toBe(0);
    expect(system.stat('/tmp/f')).toBe(-errno.ENOENT);
    system.call('lseek', fd, 0, 0);
    expect(system.read(fd, 4)).toBe('xxxx');
    expect(fileSystem.usedPages).toBe(20);
    system.call('close', fd);
    expect(fileSystem.usedPages).toBe(0);
    expect(fileSystem.usedInodes).toBe(1);
  });

  test('symbolic links: in the middle, at the end, dangling, in a circle', () => {
    system.call('mkdirat', AT_FDCWD, '/tmp/d', 0o755);
    make('/tmp/d/f', 'text');
    system.call('symlinkat', 'd', AT_FDCWD, '/tmp/l');
    expect(system.readFile('/tmp/l/f')).toBe('text');
    expect(system.readFile('/tmp/l/../d/./f')).toBe('text');
    system.call('symlinkat', '/tmp/new', AT_FDCWD, '/tmp/dangling');
    expect(system.open('/tmp/dangling')).toBe(-errno.ENOENT);
    expect(system.open('/tmp/dangling', O_CREAT | O_EXCL)).toBe(-errno.EEXIST);
    make('/tmp/dangling', 'made through the link');
    expect(system.readFile('/tmp/new')).toBe('made through the link');
    system.call('symlinkat', 'b', AT_FDCWD, '/tmp/a');
    system.call('symlinkat', 'a', AT_FDCWD, '/tmp/b');
    expect(system.open('/tmp/a')).toBe(-errno.ELOOP);
    expect(system.open('/tmp/l', O_NOFOLLOW)).toBe(-errno.ELOOP);
    expect(system.open('/tmp/l', O_NOFOLLOW | O_PATH)).toBeGreaterThan(0);
  });

  test('what stands after the last slash must be a directory', () => {
    make('/tmp/f');
    expect(system.open('/tmp/f/')).toBe(-errno.ENOTDIR);
    expect(system.open('/tmp/f/x')).toBe(-errno.ENOTDIR);
    expect(system.open('/tmp/g/', O_CREAT | O_WRONLY)).toBe(-errno.EISDIR);
    expect(system.open('/tmp', O_WRONLY)).toBe(-errno.EISDIR);
    expect(system.open('/tmp/f', O_DIRECTORY)).toBe(-errno.ENOTDIR);
    expect(system.open('')).toBe(-errno.ENOENT);
    expect(system.open(`/tmp/${'n'.repeat(256)}`)).toBe(-errno.ENAMETOOLONG);
    expect(system.open(`/${'./'.repeat(2048)}`)).toBe(-errno.ENAMETOOLONG);
  });

  test('rename replaces, exchanges, refuses what would lose a directory', () => {
    make('/tmp/a', 'A');
    make('/tmp/b', 'B');
    expect(rename('/tmp/a', '/tmp/b', 1)).toBe(-errno.EEXIST);
    expect(rename('/tmp/a', '/tmp/b', 2)).toBe(0);
    expect(system.readFile('/tmp/a')).toBe('B');
    expect(rename('/tmp/a', '/tmp/b')).toBe(0);
    expect(system.readFile('/tmp/b')).toBe('B');
    expect(system.stat('/tmp/a')).toBe(-errno.ENOENT);
    system.call('mkdirat', AT_FDCWD, '/tmp/d', 0o755);
    system.call('mkdirat', AT_FDCWD, '/tmp/d/e', 0o755);
    expect(rename('/tmp/d', '/tmp/d/e/f')).toBe(-errno.EINVAL);
    expect(rename('/tmp/d/e', '/tmp/d')).toBe(-errno.ENOTEMPTY);
    expect(rename('/tmp/b', '/tmp/d')).toBe(-errno.EISDIR);
    expect(rename('/tmp/d', '/tmp/b')).toBe(-errno.ENOTDIR);
    expect(rename('/tmp/b', '/dev/b')).toBe(-errno.EXDEV);
    expect(rename('/tmp/d/e', '/tmp/z')).toBe(0);
    expect((system.stat('/tmp/d') as { links: number }).links).toBe(2);
  });

  test('a working directory that was removed has no path and holds no new files', () => {
    system.call('mkdirat', AT_FDCWD, '/tmp/d', 0o755);
    system.call('chdir', '/tmp/d');
    expect(system.call('unlinkat', AT_FDCWD, '/tmp/d', 0x200)).toBe(0);
    expect(system.call('getcwd', system.allocate(64), 64)).toBe(-errno.ENOENT);
    expect(system.open('f', O_CREAT | O_WRONLY)).toBe(-errno.ENOENT);
    expect(system.call('readlinkat', AT_FDCWD, '/proc/self/cwd', system.scratch + 0x80000, 64)).toBe(
      '/tmp/d (deleted)'.length,
    );
  });

  test('chroot: .. at the new root stays there', () => {
    system.call('mkdirat', AT_FDCWD, '/tmp/jail', 0o755);
    make('/tmp/jail/f', 'inside');
    expect(system.call('chroot', '/tmp/jail')).toBe(0);
    expect(system.call('chdir', '/')).toBe(0);
    expect(system.readFile('/../../f')).toBe('inside');
    expect(system.stat('/etc')).toBe(-errno.ENOENT);
  });

  test('the dentry cache is bounded: many names come and go', () => {
    for (let count = 0; count < 70_000; count++)
      system.kernel.vfs.dentries.add(system.kernel.vfs.root, `n${count}`, null);
    expect(system.kernel.vfs.dentries.count).toBeLessThanOrEqual(65_536);
    expect(system.readFile('/etc/hostname')).toBe('cyclix\n');
  });

  test('tmpfs is bounded: ENOSPC, and the files that are there stay readable', () => {
    expect(system.call('mount', 'none', '/mnt', 'tmpfs', 0, 'size=64k')).toBe(0);
    const fd = system.open('/mnt/f', O_CREAT | O_RDWR);
    let written = 0;
    for (;;) {
      const result = system.write(fd, 'x'.repeat(4096));
      if (result < 0) {
        expect(result).toBe(-errno.ENOSPC);
        break;
      }
      written += result;
    }
    expect(written).toBe(65_536);
    expect(system.call('umount2', '/mnt', 0)).toBe(-errno.EBUSY);
    system.call('close', fd);
    expect(system.call('umount2', '/mnt', 0)).toBe(0);
    expect(system.stat('/mnt/f')).toBe(-errno.ENOENT);
  });

  test('descriptors: the lowest free number, RLIMIT_NOFILE, close-on-exec', () => {
    const first = system.open('/etc/hosts');
    const second = system.open('/etc/hosts');
    expect(second).toBe(first + 1);
    system.call('close', first);
    expect(system.call('dup', second)).toBe(first);
    expect(system.call('fcntl', second, 0, 100)).toBe(100);
    system.task.group.limits.set(7, { soft: 103, hard: 103 });
    expect(system.call('dup3', second, 103, 0)).toBe(-errno.EBADF);
    expect(system.call('fcntl', second, 0, 103)).toBe(-errno.EINVAL);
    expect(system.call('fcntl', second, 0, 101)).toBe(101);
    expect(system.call('fcntl', second, 1030, 101)).toBe(102);
    expect(system.call('fcntl', 102, 1)).toBe(1);
    expect(system.call('fcntl', second, 0, 101)).toBe(-errno.EMFILE);
  });
});
