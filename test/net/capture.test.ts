// Captures, and what tshark says of them.

import { describe, expect, it } from 'vitest';
import type { LinkOptions } from '../../src/net/link.ts';
import { PcapngWriter } from '../../src/net/pcapng.ts';
import { hasTshark, TROUBLE, tshark, WRONG } from './tshark.ts';
import { MILLISECOND, runTransfers, SECOND, SERVER_ADDRESS, Transfer, World } from './world.ts';

/** The capture of a whole conversation as the server's interface sees it: handshakes, transfers both ways, UDP, refusals, closes. */
function capture(options: LinkOptions): Uint8Array {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => blocks.push(bytes));
  const number = writer.addInterface({ name: 'eth0' });
  const world = new World(options);
  world.server.stack.hooks.event = (networkInterface, direction, frame) => {
    if (networkInterface.name === 'eth0') writer.packet(number, world.server.now, frame, direction);
  };
  // Ports that no dissector of tshark claims: the payload is noise.
  const { client, server } = world.pair(40000);
  const transfers = [new Transfer(client, server, 300_000, 1), new Transfer(server, client, 300_000, 2)];
  runTransfers(world, transfers, 60 * SECOND);
  expect(transfers.every((transfer) => transfer.finished && transfer.wrong < 0)).toBe(true);
  const sender = world.client.stack.udp.socket();
  sender.connect(SERVER_ADDRESS, 4321);
  sender.sendTo(new Uint8Array(4000).fill(1), 4000);
  const refused = world.connect(40001);
  world.run(50 * MILLISECOND);
  refused.close();
  client.close();
  server.close();
  world.run(100 * SECOND);
  const total = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    total.set(block, at);
    at += block.length;
  }
  return total;
}

describe('a capture', () => {
  it('of the same run with the same seed is the same, byte for byte', () => {
    const bad = { loss: 0.02, reorder: 0.02, duplicate: 0.02, seed: 5 };
    const once = capture(bad);
    expect(Buffer.compare(capture(bad), once)).toBe(0);
    expect(Buffer.compare(capture({ ...bad, seed: 6 }), once)).not.toBe(0);
  });

  it.skipIf(!hasTshark)('of a perfect link: nothing malformed, no bad checksum, no retransmission', () => {
    const file = capture({ queueBytes: 16 << 20 });
    expect(tshark(file, 'tcp').length).toBeGreaterThan(400);
    expect(tshark(file, 'arp').length).toBeGreaterThanOrEqual(2);
    expect(tshark(file, 'icmp.type == 3').length).toBe(1);
    expect(tshark(file, WRONG)).toEqual([]);
    expect(tshark(file, TROUBLE)).toEqual([]);
    // SYN, SYN-ACK with all options; nanosecond times.
    expect(
      tshark(
        file,
        'tcp.flags.syn == 1 && tcp.options.mss_val == 1460 && tcp.options.wscale.shift == 7 && tcp.options.timestamp.tsval && tcp.options.sack_perm',
      ).length,
    ).toBe(3);
  });

  it.skipIf(!hasTshark)('of a bad link: retransmissions and SACK, and nothing malformed', () => {
    const file = capture({ loss: 0.03, reorder: 0.02, duplicate: 0.02, seed: 8 });
    expect(tshark(file, WRONG)).toEqual([]);
    expect(tshark(file, 'tcp.analysis.retransmission || tcp.analysis.fast_retransmission').length).toBeGreaterThan(5);
    expect(tshark(file, 'tcp.options.sack_le').length).toBeGreaterThan(5);
  });

  it.skipIf(!hasTshark)('cuts frames at the snap length and keeps their size', () => {
    const blocks: Uint8Array[] = [];
    const writer = new PcapngWriter((bytes) => blocks.push(bytes));
    const number = writer.addInterface({ name: 'eth0', snapLength: 60 });
    writer.packet(number, 1_234_567_890_123, new Uint8Array(1000), 'out');
    expect(() => writer.packet(7, 0, new Uint8Array(1), 'in')).toThrow(RangeError);
    const file = Buffer.concat(blocks);
    expect(tshark(file, 'frame.len == 1000 && frame.cap_len == 60').length).toBe(1);
    expect(tshark(file, 'frame.time_epoch == 1234.567890123').length).toBe(1);
  });
});
