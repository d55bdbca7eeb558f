// Who a task is: user and group ids (credentials(7)) and capabilities (capabilities(7)). Immutable: a change makes a new
// object, so that threads, open files and messages can keep the one that was true when they were made.

export const CAP_CHOWN = 0;
export const CAP_DAC_OVERRIDE = 1;
export const CAP_DAC_READ_SEARCH = 2;
export const CAP_FOWNER = 3;
export const CAP_FSETID = 4;
export const CAP_KILL = 5;
export const CAP_SETGID = 6;
export const CAP_SETUID = 7;
export const CAP_SETPCAP = 8;
export const CAP_NET_BIND_SERVICE = 10;
export const CAP_NET_ADMIN = 12;
export const CAP_NET_RAW = 13;
export const CAP_IPC_LOCK = 14;
export const CAP_IPC_OWNER = 15;
export const CAP_SYS_CHROOT = 18;
export const CAP_SYS_PTRACE = 19;
export const CAP_SYS_PACCT = 20;
export const CAP_SYS_ADMIN = 21;
export const CAP_SYS_BOOT = 22;
export const CAP_SYS_NICE = 23;
export const CAP_SYS_RESOURCE = 24;
export const CAP_SYS_TIME = 25;
export const CAP_SYS_TTY_CONFIG = 26;
export const CAP_MKNOD = 27;
export const CAP_SYSLOG = 34;
/** CAP_CHECKPOINT_RESTORE, the last of Linux 6.12. */
export const CAP_LAST = 40;
export const ALL_CAPABILITIES = (1n << BigInt(CAP_LAST + 1)) - 1n;

/** supplementary groups: at most NGROUPS_MAX of Linux. */
export const NGROUPS_MAX = 65_536;

export interface CredentialFields {
  readonly uid: number;
  readonly gid: number;
  readonly euid: number;
  readonly egid: number;
  readonly suid: number;
  readonly sgid: number;
  readonly fsuid: number;
  readonly fsgid: number;
  readonly groups: readonly number[];
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  /** PR_SET_KEEPCAPS */
  readonly keepCapabilities: boolean;
  /** PR_SET_NO_NEW_PRIVS */
  readonly noNewPrivileges: boolean;
  readonly secureBits: number;
}

export class Credentials implements CredentialFields {
  readonly uid: number;
  readonly gid: number;
  readonly euid: number;
  readonly egid: number;
  readonly suid: number;
  readonly sgid: number;
  readonly fsuid: number;
  readonly fsgid: number;
  readonly groups: readonly number[];
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  readonly keepCapabilities: boolean;
  readonly noNewPrivileges: boolean;
  readonly secureBits: number;

  constructor(fields: CredentialFields) {
    this.uid = fields.uid;
    this.gid = fields.gid;
    this.euid = fields.euid;
    this.egid = fields.egid;
    this.suid = fields.suid;
    this.sgid = fields.sgid;
    this.fsuid = fields.fsuid;
    this.fsgid = fields.fsgid;
    this.groups = fields.groups;
    this.permitted = fields.permitted;
    this.effective = fields.effective;
    this.inheritable = fields.inheritable;
    this.bounding = fields.bounding;
    this.ambient = fields.ambient;
    this.keepCapabilities = fields.keepCapabilities;
    this.noNewPrivileges = fields.noNewPrivileges;
    this.secureBits = fields.secureBits;
  }

  static root(): Credentials {
    return Credentials.of(0, 0);
  }

  /** All ids the same; every capability for root, none for others. */
  static of(uid: number, gid: number, groups: readonly number[] = []): Credentials {
    const capabilities = uid === 0 ? ALL_CAPABILITIES : 0n;
    return new Credentials({
      uid,
      gid,
      euid: uid,
      egid: gid,
      suid: uid,
      sgid: gid,
      fsuid: uid,
      fsgid: gid,
      groups,
      permitted: capabilities,
      effective: capabilities,
      inheritable: 0n,
      bounding: ALL_CAPABILITIES,
      ambient: 0n,
      keepCapabilities: false,
      noNewPrivileges: false,
      secureBits: 0,
    });
  }

  with(changes: Partial<CredentialFields>): Credentials {
    return new Credentials({ ...this, ...changes });
  }

  capable(capability: number): boolean {
    return (this.effective & (1n << BigInt(capability))) !== 0n;
  }

  /** fsgid or one of the supplementary groups: what file permission checks ask. */
  inGroup(gid: number): boolean {
    return gid === this.fsgid || this.groups.includes(gid);
  }

  /**
   * New user ids with the capability rules of capabilities(7), "Effect of user ID changes on capabilities": the last
   * 0 among real, effective and saved going away clears the permitted set (unless keepcaps), euid leaving or becoming 0 clears or
   * restores the effective set; fsuid follows euid unless given.
   */
  withUserIds(changes: { uid?: number; euid?: number; suid?: number }): Credentials {
    const uid = changes.uid ?? this.uid;
    const euid = changes.euid ?? this.euid;
    const suid = changes.suid ?? this.suid;
    let { permitted, effective, ambient } = this;
    const wasRoot = this.uid === 0 || this.euid === 0 || this.suid === 0;
    const isRoot = uid === 0 || euid === 0 || suid === 0;
    if (wasRoot && !isRoot) {
      if (!this.keepCapabilities) {
        permitted = 0n;
        effective = 0n;
      }
      ambient = 0n;
    }
    if (this.euid === 0 && euid !== 0) effective = 0n;
    if (this.euid !== 0 && euid === 0) effective = permitted;
    return this.with({ uid, euid, suid, fsuid: euid, permitted, effective, ambient });
  }
}
