// The memory map, shared with the TypeScript side: one file, see src/machine/layout.ts. (asc takes no extension in `export *`.)
export * from '../src/machine/layout';
