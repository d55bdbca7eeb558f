// Rounding modes and exception flags as the fcsr encodes them (RISC-V unprivileged manual, section "F" 20.2:
// Floating-Point Control and Status Register, tables "Rounding mode encoding" and "Accrued exception flag encoding").
// The decoder resolves DYN (7) and refuses 5 and 6 before anything here is called.

/** Round to nearest, ties to even. */
export const RNE: i32 = 0;
/** Round towards zero. */
export const RTZ: i32 = 1;
/** Round down, towards minus infinity. */
export const RDN: i32 = 2;
/** Round up, towards plus infinity. */
export const RUP: i32 = 3;
/** Round to nearest, ties to maximum magnitude. */
export const RMM: i32 = 4;

/** Inexact. */
export const NX: u32 = 1;
/** Underflow: the result is tiny after rounding and inexact. */
export const UF: u32 = 2;
/** Overflow. */
export const OF: u32 = 4;
/** Division of a finite number by zero. */
export const DZ: u32 = 8;
/** Invalid operation. */
export const NV: u32 = 16;
