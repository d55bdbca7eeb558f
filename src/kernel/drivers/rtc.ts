// /dev/rtc0, rtc(4): the goldfish real-time clock of QEMU's virt board at 0x0010_1000. Reading it latches the high half:
// TIME_LOW first, then TIME_HIGH, nanoseconds since the epoch (goldfish_rtc.c). The kernel's own clock starts from the host's boot
// time, so that runs repeat; the device gives what the kernel's clock says.

import { fsRoutines } from '../cost/routines/fs.ts';
import { EFAULT, EINVAL, ENOTTY } from '../errno.ts';
import type { FileOperations, OpenFile } from '../fs/types.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../process/task.ts';

const RTC_RD_TIME = 0x80247009;

export const rtcOperations: FileOperations = {
  read() {
    return -EINVAL;
  },

  ioctl(kernel: Kernel, _file: OpenFile, task: Task, request: number, argument: number): number {
    kernel.cost.execute(fsRoutines.ioctl);
    if (request >>> 0 !== RTC_RD_TIME) return -ENOTTY;
    const date = new Date(kernel.realTime() / 1e6);
    const startOfYear = Date.UTC(date.getUTCFullYear(), 0, 1);
    const fields = [
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth(),
      date.getUTCFullYear() - 1900,
      date.getUTCDay(),
      Math.floor((date.getTime() - startOfYear) / 86_400_000),
      0,
    ];
    const written = task.memory!.writeStruct(argument, 36, (view) => {
      fields.forEach((value, index) => {
        view.setInt32(index * 4, value, true);
      });
    });
    return written ? 0 : -EFAULT;
  },
};
