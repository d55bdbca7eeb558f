// Permission checks on inodes: owner, group and other bits, and the capabilities that override them (path_resolution(7),
// capabilities(7)).

import { EACCES, EPERM } from '../errno.ts';
import { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, type Credentials } from '../process/credentials.ts';
import { isDirectory, MAY_EXECUTE, MAY_READ, MAY_WRITE, S_ISVTX } from './constants.ts';
import type { Inode } from './types.ts';

/**
 * May these credentials use the inode in the asked ways (MAY_* bits)? 0 or -EACCES. Reads the file system ids; access(2)
 * without AT_EACCESS passes credentials whose file system ids are the real ones.
 */
export function checkPermission(inode: Inode, credentials: Credentials, wanted: number): number {
  const { mode } = inode;
  let bits: number;
  if (credentials.fsuid === inode.uid) bits = mode >> 6;
  else if (credentials.inGroup(inode.gid)) bits = mode >> 3;
  else bits = mode;
  if ((wanted & ~(bits & 7)) === 0) return 0;
  const directory = isDirectory(mode);
  if (credentials.capable(CAP_DAC_OVERRIDE)) {
    // Executing needs at least one x bit even then, except to search a directory.
    if ((wanted & MAY_EXECUTE) === 0 || directory || (mode & 0o111) !== 0) return 0;
  }
  if (credentials.capable(CAP_DAC_READ_SEARCH)) {
    if (wanted === MAY_READ || (directory && (wanted & MAY_WRITE) === 0)) return 0;
  }
  return -EACCES;
}

/** chmod, utimes with explicit times and the like: the owner or CAP_FOWNER. 0 or -EPERM. */
export function checkOwner(inode: Inode, credentials: Credentials): number {
  return credentials.fsuid === inode.uid || credentials.capable(CAP_FOWNER) ? 0 : -EPERM;
}

/** Removing or renaming an entry of a sticky directory: the owner of either, or CAP_FOWNER. 0 or -EPERM. */
export function checkSticky(directory: Inode, inode: Inode, credentials: Credentials): number {
  if ((directory.mode & S_ISVTX) === 0) return 0;
  if (credentials.fsuid === inode.uid || credentials.fsuid === directory.uid) return 0;
  return credentials.capable(CAP_FOWNER) ? 0 : -EPERM;
}
