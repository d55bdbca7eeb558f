// Where the bytes of a read or write come from or go to: a program's buffers (read, readv, recvmsg …) or a buffer of the
// kernel's (sendfile, execve, splice). A file's code moves bytes between its pages and an `IoTarget` without knowing which.

/** A cursor over the caller's buffers. Both directions move the cursor and charge the copy; both stop at a bad address. */
export interface IoTarget {
  /** Bytes left. */
  readonly remaining: number;

  // --- a read's side: bytes flow to the caller -------------------------------------------------------------
  /** Copies `bytes` from guest RAM (may cross pages only if physically contiguous); returns bytes copied, less on EFAULT. */
  putPhysical(source: number, bytes: number): number;
  /** Copies bytes made on the host (a /proc text, a structure); returns bytes copied, less on EFAULT. */
  putBytes(source: Uint8Array): number;
  /** Puts `bytes` zeros. */
  putZeros(bytes: number): number;

  // --- a write's side: bytes flow from the caller -----------------------------------------------------------
  /** Copies up to `bytes` into guest RAM; returns bytes copied, less on EFAULT. */
  takePhysical(destination: number, bytes: number): number;
  /** Takes everything that is left without looking at it (/dev/null). */
  discard(): void;
  /** Copies up to `destination.length` bytes out to the host's array; returns bytes copied. */
  takeBytes(destination: Uint8Array): number;
}
