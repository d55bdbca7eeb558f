// Terminal settings, termios(3): the bits of asm-generic/termbits.h and struct termios as the ioctls move it.

export const IGNBRK = 0o1;
export const BRKINT = 0o2;
export const IGNPAR = 0o4;
export const ISTRIP = 0o40;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const ICRNL = 0o400;
export const IUCLC = 0o1000;
export const IXON = 0o2000;
export const IXANY = 0o4000;
export const IMAXBEL = 0o20000;
export const IUTF8 = 0o40000;

export const OPOST = 0o1;
export const OLCUC = 0o2;
export const ONLCR = 0o4;
export const OCRNL = 0o10;
export const ONOCR = 0o20;
export const ONLRET = 0o40;

export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHONL = 0o100;
export const NOFLSH = 0o200;
export const TOSTOP = 0o400;
export const ECHOCTL = 0o1000;
export const ECHOKE = 0o4000;
export const IEXTEN = 0o100000;

export const B38400 = 0o17;
export const B115200 = 0o10002;
export const CS8 = 0o60;
export const CREAD = 0o200;
export const HUPCL = 0o2000;

export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSWTC = 7;
export const VSTART = 8;
export const VSTOP = 9;
export const VSUSP = 10;
export const VEOL = 11;
export const VREPRINT = 12;
export const VDISCARD = 13;
export const VWERASE = 14;
export const VLNEXT = 15;
export const VEOL2 = 16;
const NCCS = 19;

/** sizeof(struct termios) and sizeof(struct termios2) of the kernel's interface. */
export const TERMIOS_BYTES = 36;
export const TERMIOS2_BYTES = 44;

export interface Termios {
  inputFlags: number;
  outputFlags: number;
  controlFlags: number;
  localFlags: number;
  line: number;
  readonly controlCharacters: Uint8Array;
  inputSpeed: number;
  outputSpeed: number;
}

/** tty_std_termios of Linux: cooked, echoing, ^C ^\ DEL ^U ^D ^Q ^S ^Z ^R ^O ^W ^V. */
export function standardTermios(baudBits: number = B38400, baud = 38_400): Termios {
  const characters = new Uint8Array(NCCS);
  characters.set([3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0]);
  return {
    inputFlags: ICRNL | IXON,
    outputFlags: OPOST | ONLCR,
    controlFlags: baudBits | CS8 | CREAD | HUPCL,
    localFlags: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    line: 0,
    controlCharacters: characters,
    inputSpeed: baud,
    outputSpeed: baud,
  };
}

export function writeTermios(termios: Termios, view: DataView): void {
  view.setUint32(0, termios.inputFlags, true);
  view.setUint32(4, termios.outputFlags, true);
  view.setUint32(8, termios.controlFlags, true);
  view.setUint32(12, termios.localFlags, true);
  view.setUint8(16, termios.line);
  for (let index = 0; index < NCCS; index++) view.setUint8(17 + index, termios.controlCharacters[index]!);
  if (view.byteLength < TERMIOS2_BYTES) return;
  view.setUint32(36, termios.inputSpeed, true);
  view.setUint32(40, termios.outputSpeed, true);
}

export function readTermios(termios: Termios, view: DataView): void {
  termios.inputFlags = view.getUint32(0, true);
  termios.outputFlags = view.getUint32(4, true);
  termios.controlFlags = view.getUint32(8, true);
  termios.localFlags = view.getUint32(12, true);
  termios.line = view.getUint8(16);
  for (let index = 0; index < NCCS; index++) termios.controlCharacters[index] = view.getUint8(17 + index);
  if (view.byteLength < TERMIOS2_BYTES) return;
  termios.inputSpeed = view.getUint32(36, true);
  termios.outputSpeed = view.getUint32(40, true);
}
