// The part of the WebAssembly JavaScript interface that src/machine/ uses. TypeScript has it only together with the DOM, whose
// globals this project does without.
declare namespace WebAssembly {
  class Module {
    private readonly brand: undefined;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    readonly exports: Record<string, unknown>;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
  function compileStreaming(source: Response | Promise<Response>): Promise<Module>;
  function instantiate(module: Module, imports: Record<string, Record<string, unknown>>): Promise<Instance>;
}
