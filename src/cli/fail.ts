// How a command ends when what it was given is wrong: one line on stderr, exit status 2, as GNU tools do.

export const usageStatus = 2;

export class UsageError extends Error {
  readonly status: number;

  constructor(message: string, status = usageStatus) {
    super(message);
    this.status = status;
  }
}

/** A system error of the host as one phrase: "No such file or directory". */
export function hostErrorText(error: unknown): string {
  const code = (error as { code?: string }).code;
  const texts: Record<string, string> = {
    ENOENT: 'No such file or directory',
    EACCES: 'Permission denied',
    EISDIR: 'Is a directory',
    ENOTDIR: 'Not a directory',
    EADDRINUSE: 'Address already in use',
    ENOSPC: 'No space left on device',
  };
  return (code !== undefined && texts[code]) || (error instanceof Error ? error.message : String(error));
}
