// What belongs to the whole system and is nobody else's: names of uname(2), the offset of the real-time clock, and what
// reboot(2) asked for.

export const UTS_RELEASE = '6.12.0-cyclix';
export const UTS_VERSION = '#1 SMP Cyclix';
export const UTS_LENGTH = 64;

const UNKNOWN_LIMIT = 1024;

export class SystemState {
  hostname = 'cyclix';
  domainname = '(none)';
  /** clock_settime(CLOCK_REALTIME): ns added to the real time that the host gave at boot. */
  realTimeOffset = 0;
  /** reboot(2) asked for this; the kernel's main loop ends. */
  shutdown: 'halt' | 'poweroff' | 'restart' | null = null;
  /** How often programs called a number that is not in the table; at most UNKNOWN_LIMIT numbers are told apart, -1 is the rest. */
  readonly unknownSyscalls = new Map<number, number>();

  countUnknownSyscall(number: number): void {
    const key = this.unknownSyscalls.has(number) || this.unknownSyscalls.size < UNKNOWN_LIMIT ? number : -1;
    this.unknownSyscalls.set(key, (this.unknownSyscalls.get(key) ?? 0) + 1);
  }
}
