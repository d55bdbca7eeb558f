// The file that a process runs from: held open, and closed to writers (ETXTBSY), for as long as a process runs from it.

import { allowWrite, denyWrite, releaseFile, retainFile } from '../fs/open-file.ts';
import type { OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';

/** One more process runs from it (fork). */
export function retainProgram(file: OpenFile): OpenFile {
  denyWrite(file.inode);
  return retainFile(file);
}

export function dropProgram(kernel: Kernel, file: OpenFile): void {
  allowWrite(file.inode);
  releaseFile(kernel, file);
}
