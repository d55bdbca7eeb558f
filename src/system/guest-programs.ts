// The programs of programs/, assembled at build time into build/programs/; they fill the guest's /bin.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('../../build/programs/', import.meta.url));

/** Names of the programs that are built. */
export function guestProgramNames(): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

/** The ELF image of a program. Throws Error when it is not built. */
export function guestProgram(name: string): Uint8Array {
  if (!existsSync(directory + name)) throw new Error(`program '${name}' is not built: run npm run build`);
  return readFileSync(directory + name);
}
