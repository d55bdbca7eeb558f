// Asking tshark what it thinks of a capture.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasTshark = ((): boolean => {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The lines that tshark prints of the packets that a display filter lets through. Checksums are verified. */
export function tshark(file: Uint8Array, filter: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'cyclix-'));
  try {
    const path = join(folder, 'capture.pcapng');
    writeFileSync(path, file);
    const options = ['tcp.check_checksum', 'ip.check_checksum', 'udp.check_checksum'].flatMap((name) => [
      '-o',
      `${name}:TRUE`,
    ]);
    const text = execFileSync('tshark', ['-r', path, ...options, '-Y', filter, '-t', 'r'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
    });
    return text.split('\n').filter((line) => line !== '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What no packet of ours may be. */
export const WRONG =
  '_ws.malformed || tcp.checksum.status == "Bad" || ip.checksum.status == "Bad" || udp.checksum.status == "Bad" || icmp.checksum.status == "Bad"';
/** What must not happen on a perfect link. */
export const TROUBLE =
  'tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission || tcp.analysis.lost_segment || tcp.analysis.out_of_order || tcp.analysis.ack_lost_segment';
