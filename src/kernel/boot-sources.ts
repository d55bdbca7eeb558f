// The assembly sources that boot needs, read from beside this module: with Node's file system or with fetch.

import type { KernelSources } from './boot.ts';

async function readText(name: string): Promise<string> {
  const url = new URL(name, import.meta.url);
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return readFile(url, 'utf8');
  }
  return (await fetch(url)).text();
}

/** entry.s and memory/vdso.s of this package. */
export async function loadKernelSources(): Promise<KernelSources> {
  const [entry, vdso] = await Promise.all([readText('./entry.s'), readText('./memory/vdso.s')]);
  return { entry, vdso };
}
