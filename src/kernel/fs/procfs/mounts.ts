// /proc/<pid>/{mounts,mountinfo,mountstats}, proc(5) and fstab(5).

import type { Kernel } from '../../kernel.ts';
import type { Task } from '../../process/task.ts';
import { majorOf, minorOf } from '../constants.ts';
import { isReadOnly } from '../tree.ts';
import type { Mount } from '../types.ts';

const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MS_NOATIME = 1024;
const MS_NODIRATIME = 2048;
const MS_SYNCHRONOUS = 16;

/** Space, tab, newline and backslash as octal, as the kernel writes them. */
function escaped(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** The mounts that the task can see from its root, with the paths it sees them at. */
function visible(kernel: Kernel, task: Task): { readonly mount: Mount; readonly path: string }[] {
  const found: { mount: Mount; path: string }[] = [];
  for (const mount of kernel.vfs.mounts) {
    const path = mount.root === task.fs.root ? '/' : kernel.vfs.pathOf(mount.root, task.fs.root);
    if (path !== null) found.push({ mount, path });
  }
  return found;
}

function mountOptions(mount: Mount): string {
  const options = [(mount.flags & 1) !== 0 ? 'ro' : 'rw'];
  if ((mount.flags & MS_NOSUID) !== 0) options.push('nosuid');
  if ((mount.flags & MS_NODEV) !== 0) options.push('nodev');
  if ((mount.flags & MS_NOEXEC) !== 0) options.push('noexec');
  if ((mount.flags & MS_NOATIME) !== 0) options.push('noatime');
  if ((mount.flags & MS_NODIRATIME) !== 0) options.push('nodiratime');
  if ((mount.flags & (MS_NOATIME | MS_SYNCHRONOUS)) === 0) options.push('relatime');
  return options.join(',');
}

export function mountsText(kernel: Kernel, task: Task): string {
  let lines = '';
  for (const { mount, path } of visible(kernel, task)) {
    lines += `${escaped(mount.source)} ${escaped(path)} ${mount.fileSystem.type} ${mountOptions(mount)} 0 0\n`;
  }
  return lines;
}

export function mountInfoText(kernel: Kernel, task: Task): string {
  let lines = '';
  for (const { mount, path } of visible(kernel, task)) {
    const { device } = mount.fileSystem;
    const parent = mount.point?.mount.id ?? 1;
    const state = isReadOnly(mount) ? 'ro' : 'rw';
    lines +=
      `${mount.id} ${parent} ${majorOf(device)}:${minorOf(device)} / ${escaped(path)} ${mountOptions(mount)} ` +
      `- ${mount.fileSystem.type} ${escaped(mount.source)} ${state}\n`;
  }
  return lines;
}

export function mountStatsText(kernel: Kernel, task: Task): string {
  let lines = '';
  for (const { mount, path } of visible(kernel, task)) {
    lines += `device ${escaped(mount.source)} mounted on ${escaped(path)} with fstype ${mount.fileSystem.type}\n`;
  }
  return lines;
}
