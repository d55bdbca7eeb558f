/*
 * The assembler's front door: sources in GNU as syntax in, ELF files or diagnostics out. Runs in a browser as well as
 * in Node: included files come through callbacks. Never throws for anything a source says.
 */

import { Assembler, type AssemblerOptions, type SourceText } from './assembler.ts';
import type { Diagnostic } from './diagnostics.ts';
import { type LinkedSection, type LinkOptions, link } from './link.ts';
import type { ObjectModule, SourcePlace } from './object.ts';
import { writeObject } from './object-file.ts';

export type { AssemblerOptions, SourceText } from './assembler.ts';
export { type Diagnostic, formatDiagnostics } from './diagnostics.ts';
export type { LinkedSection } from './link.ts';

export interface AssembleOptions extends AssemblerOptions, LinkOptions {}

export type AssembleFailure = { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export type ExecutableResult =
  | {
      readonly ok: true;
      readonly elf: Uint8Array;
      readonly sections: readonly LinkedSection[];
      /** Addresses by name. */
      readonly symbols: ReadonlyMap<string, bigint>;
      readonly warnings: readonly Diagnostic[];
    }
  | AssembleFailure;

export type ObjectResult =
  | { readonly ok: true; readonly elf: Uint8Array; readonly warnings: readonly Diagnostic[] }
  | AssembleFailure;

function assembleModule(
  source: SourceText,
  options: AssemblerOptions,
  diagnostics: Diagnostic[],
): ObjectModule | undefined {
  const assembler = new Assembler(source, options);
  const module = assembler.run();
  diagnostics.push(...assembler.diagnostics);
  return module;
}

function linkDiagnostic(place: SourcePlace | undefined, message: string, fallback: string): Diagnostic {
  if (place === undefined) {
    return { file: fallback, line: 1, column: 1, severity: 'error', message, sourceLine: '', notes: [] };
  }
  const { statement } = place;
  const column = place.column === 0 ? statement.text.length - statement.text.trimStart().length : place.column;
  return {
    file: statement.file,
    line: statement.line,
    column: statement.column + column + 1,
    severity: 'error',
    message,
    sourceLine: statement.sourceLine,
    notes: statement.notes,
  };
}

/** Assembles and links the sources into a static executable; the first names it in messages of the linker. */
export function assembleExecutable(sources: readonly SourceText[], options: AssembleOptions = {}): ExecutableResult {
  const diagnostics: Diagnostic[] = [];
  const modules = sources.map((source) => assembleModule(source, options, diagnostics));
  if (modules.some((module) => module === undefined)) return { ok: false, diagnostics };
  const fallback = sources[0]?.name ?? 'asm';
  const seen = new Set<string>();
  const linked = link(modules as ObjectModule[], options, (place, message) => {
    const diagnostic = linkDiagnostic(place, message, fallback);
    const key = `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}:${message}`;
    if (!seen.has(key)) diagnostics.push(diagnostic);
    seen.add(key);
  });
  if (linked === undefined) return { ok: false, diagnostics };
  return { ok: true, ...linked, warnings: diagnostics };
}

/** Assembles one source into a relocatable object file. */
export function assembleObject(source: SourceText, options: AssemblerOptions = {}): ObjectResult {
  const diagnostics: Diagnostic[] = [];
  const module = assembleModule(source, options, diagnostics);
  if (module === undefined) return { ok: false, diagnostics };
  return { ok: true, elf: writeObject(module), warnings: diagnostics };
}
