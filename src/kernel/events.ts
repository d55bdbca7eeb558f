// The one typed event stream that observers listen to. With nobody listening an event costs one comparison; listening
// never changes a cycle. Every event is stamped with hart, task and cycle by `EventStream.emit`'s callers.

export interface EventBase {
  readonly cycle: number;
  readonly hart: number;
  /** tid of the task concerned, 0 for none. */
  readonly task: number;
}

export type KernelEvent = EventBase &
  (
    | { readonly type: 'syscallEnter'; readonly number: number; readonly args: readonly number[] }
    | {
        readonly type: 'syscallExit';
        readonly number: number;
        readonly args: readonly number[];
        readonly result: number;
        readonly restarted: boolean;
      }
    | { readonly type: 'trap'; readonly cause: number; readonly pc: number; readonly value: number }
    | { readonly type: 'interrupt'; readonly cause: number }
    | {
        readonly type: 'switch';
        readonly from: number;
        readonly to: number;
        readonly reason: 'blocked' | 'preempted' | 'yielded' | 'exited' | 'idle';
      }
    | {
        readonly type: 'fault';
        readonly address: number;
        readonly access: 'read' | 'write' | 'execute';
        readonly outcome: 'minor' | 'major' | 'cow' | 'segv' | 'bus';
      }
    | {
        readonly type: 'signal';
        readonly signal: number;
        readonly code: number;
        readonly stage: 'generated' | 'delivered';
        readonly info: SignalInfo;
      }
    | { readonly type: 'fork'; readonly child: number; readonly thread: boolean }
    | { readonly type: 'exec'; readonly path: string; readonly argv: readonly string[] }
    | { readonly type: 'exit'; readonly status: number; readonly signal: number }
    | {
        readonly type: 'packet';
        readonly interface: string;
        readonly direction: 'in' | 'out';
        readonly bytes: Uint8Array;
      }
    | {
        readonly type: 'block';
        readonly device: string;
        readonly operation: 'read' | 'write' | 'flush';
        readonly sector: number;
        readonly sectors: number;
      }
  );

export interface SignalInfo {
  readonly signal: number;
  readonly code: number;
  readonly errno?: number;
  readonly pid?: number;
  readonly uid?: number;
  readonly status?: number;
  readonly address?: number;
  /** sigval: an integer or a pointer. */
  readonly value?: number | bigint;
  /** SI_TIMER: timer id and overrun count. */
  readonly timer?: number;
  readonly overrun?: number;
  /** SIGIO: band and descriptor. */
  readonly band?: number;
  readonly fd?: number;
  /** SIGCHLD: the child's CPU times in clock ticks. */
  readonly userTicks?: number;
  readonly systemTicks?: number;
  /** rt_sigqueueinfo(2): the 128 bytes that the program gave, passed on as they are. */
  readonly raw?: Uint8Array;
}

export type KernelListener = (event: KernelEvent) => void;

export class EventStream {
  readonly #listeners = new Set<KernelListener>();
  /** Ask this before building an event. */
  active = false;

  listen(listener: KernelListener): () => void {
    this.#listeners.add(listener);
    this.active = true;
    return () => {
      this.#listeners.delete(listener);
      this.active = this.#listeners.size > 0;
    };
  }

  emit(event: KernelEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
