// The package's interface: a whole computer (System), its machine and kernel, the assembler, the observers' event types.
//
//   import { System } from 'cyclix';
//   const system = await System.create({ host, preset: 'rocket' });
//   system.start('/bin/ls', { argv: ['ls', '-la', '/'] });
//   const outcome = system.run();

export { type AssemblerOptions, assembleExecutable, formatDiagnostics } from './assembler/assemble.ts';
export type { Diagnostic } from './assembler/diagnostics.ts';
export type { KernelEvent, KernelListener } from './kernel/events.ts';
export { type Host, Kernel, type KernelOptions, type RunOptions, type RunOutcome } from './kernel/kernel.ts';
export { Machine, type MachineOptions, type StopReason } from './machine/machine.ts';
export { listPresets, loadPreset, type Preset, PresetError, setParameter } from './machine/preset.ts';
export { exitStatus, type ProgramOptions, System, type SystemOptions } from './system/system.ts';
export { version } from './version.ts';
