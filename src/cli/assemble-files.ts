// Assembles and links host files, with .include and .incbin read beside the including file. Errors go to stderr, all of them.

import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type AssemblerOptions, assembleExecutable, formatDiagnostics } from '../assembler/assemble.ts';
import { UsageError } from './fail.ts';
import { readHostFile } from './program-file.ts';

/** Reading for `.include` and `.incbin`: beside the including file, then in each -I folder, then in the working directory. */
export function fileResolver(
  includeDirectories: readonly string[] = [],
): (name: string, from: string) => { name: string; bytes: Uint8Array } | undefined {
  return (name, from) => {
    for (const directory of [dirname(from), ...includeDirectories, '.']) {
      const path = join(directory, name);
      try {
        return { name: relative('.', path) || path, bytes: readFileSync(path) };
      } catch {
        // not here: look in the next
      }
    }
    return undefined;
  };
}

export function assemblerOptions(includeDirectories: readonly string[] = []): AssemblerOptions {
  const resolve = fileResolver(includeDirectories);
  return {
    include: (name, from) => {
      const found = resolve(name, from);
      return found === undefined ? undefined : { name: found.name, text: new TextDecoder().decode(found.bytes) };
    },
    incbin: (name, from) => resolve(name, from)?.bytes,
  };
}

/** A static executable of these sources; a UsageError with every diagnostic when they are wrong. */
export function assembleFiles(paths: readonly string[], includeDirectories: readonly string[] = []): Uint8Array {
  const sources = paths.map((name) => ({ name, text: new TextDecoder().decode(readHostFile(name)) }));
  const result = assembleExecutable(sources, assemblerOptions(includeDirectories));
  if (result.ok) return result.elf;
  throw new UsageError(formatDiagnostics(result.diagnostics).trimEnd());
}
