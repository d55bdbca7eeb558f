// Follows an HTTP/1.1 response as its bytes come (RFC 9112), keeping nothing but what tells where it ends: status, length, chunks.

const MAX_HEAD_BYTES = 16384;

export type ResponseState =
  | 'head'
  | 'body'
  | 'chunkSize'
  | 'chunkData'
  | 'chunkEnd'
  | 'trailer'
  | 'untilClose'
  | 'done'
  | 'bad';

export class ResponseParser {
  state: ResponseState = 'head';
  status = 0;
  /** The server will not take another request on this connection. */
  closes = false;
  bodyBytes = 0;
  #line = '';
  #head = '';
  #left = 0;

  reset(): void {
    this.state = 'head';
    this.status = 0;
    this.closes = false;
    this.bodyBytes = 0;
    this.#line = '';
    this.#head = '';
    this.#left = 0;
  }

  /** Takes `bytes[start, end)`; returns the offset behind what belongs to this response. */
  take(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.state !== 'done' && this.state !== 'bad') {
      if (this.state === 'body' || this.state === 'chunkData') {
        const count = Math.min(this.#left, end - at);
        this.#left -= count;
        this.bodyBytes += count;
        at += count;
        if (this.#left === 0) this.state = this.state === 'body' ? 'done' : 'chunkEnd';
      } else if (this.state === 'untilClose') {
        this.bodyBytes += end - at;
        at = end;
      } else {
        at = this.#takeLine(bytes, at, end);
      }
    }
    return at;
  }

  /** The connection ended: true if that completes the response. */
  close(): boolean {
    if (this.state === 'untilClose') this.state = 'done';
    return this.state === 'done';
  }

  #takeLine(bytes: Uint8Array, at: number, end: number): number {
    let stop = at;
    while (stop < end && bytes[stop] !== 10) stop += 1;
    for (let i = at; i < stop; i += 1) this.#line += String.fromCharCode(bytes[i]!);
    if (this.#line.length + this.#head.length > MAX_HEAD_BYTES) {
      this.state = 'bad';
      return end;
    }
    if (stop === end) return end;
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#endLine(line);
    return stop + 1;
  }

  #endLine(line: string): void {
    switch (this.state) {
      case 'head':
        if (line !== '') this.#head += `${line}\n`;
        else this.#endHead();
        return;
      case 'chunkSize': {
        const size = Number.parseInt(line, 16);
        if (Number.isNaN(size)) this.state = 'bad';
        else if (size === 0) this.state = 'trailer';
        else {
          this.#left = size;
          this.state = 'chunkData';
        }
        return;
      }
      case 'chunkEnd':
        this.state = line === '' ? 'chunkSize' : 'bad';
        return;
      case 'trailer':
        if (line === '') this.state = 'done';
        return;
      default:
        this.state = 'bad';
    }
  }

  #endHead(): void {
    const head = this.#head;
    const match = /^HTTP\/1\.([01]) (\d{3})/.exec(head);
    if (match === null) {
      this.state = 'bad';
      return;
    }
    this.status = Number(match[2]);
    const connection = /\nconnection:\s*([^\n]*)/i.exec(head)?.[1]?.toLowerCase() ?? '';
    this.closes = connection.includes('close') || (match[1] === '0' && !connection.includes('keep-alive'));
    const length = /\ncontent-length:\s*(\d+)/i.exec(head)?.[1];
    this.#head = '';
    if (this.status === 204 || this.status === 304) this.state = 'done';
    else if (/\ntransfer-encoding:[^\n]*chunked/i.test(head)) this.state = 'chunkSize';
    else if (length !== undefined) {
      this.#left = Number(length);
      this.state = this.#left === 0 ? 'done' : 'body';
    } else {
      this.closes = true;
      this.state = 'untilClose';
    }
  }
}
