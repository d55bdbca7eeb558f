// Finds and compiles machine.wasm once a process: from the package's build/ folder, with Node's file system or with fetch.

let cached: Promise<WebAssembly.Module> | undefined;

async function load(): Promise<WebAssembly.Module> {
  const url = new URL('../../build/machine.wasm', import.meta.url);
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return WebAssembly.compile(await readFile(url));
  }
  return WebAssembly.compileStreaming(fetch(url));
}

/** The package's machine.wasm, compiled. */
export function loadMachineModule(): Promise<WebAssembly.Module> {
  cached ??= load();
  return cached;
}
