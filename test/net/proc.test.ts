// The texts of /proc/net against those of the host's own kernel, where there is one.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  procArp,
  procDev,
  procNetstat,
  procRoute,
  procSnmp,
  procSockstat,
  procTcp,
  procTcp6,
  procUdp,
  procUdp6,
} from '../../src/kernel/net/ip/proc.ts';
import { tcpInfo } from '../../src/kernel/net/tcp/info.ts';
import { MILLISECOND, SERVER_ADDRESS, text, World } from './world.ts';

const identity = (): { uid: number; inode: number } => ({ uid: 1000, inode: 4711 });
const hasProc = existsSync('/proc/net/tcp');

function host(name: string): string[] {
  return readFileSync(`/proc/net/${name}`, 'utf8').split('\n');
}

describe('/proc/net', () => {
  it.skipIf(!hasProc)('has the headers of Linux, to the byte', () => {
    const { stack } = new World().server;
    const first = (value: string): string => value.split('\n')[0]!;
    expect(first(procTcp(stack, identity))).toBe(host('tcp')[0]);
    expect(first(procUdp(stack, identity))).toBe(host('udp')[0]);
    expect(procDev(stack).split('\n').slice(0, 2)).toEqual(host('dev').slice(0, 2));
    expect(first(procRoute(stack))).toBe(host('route')[0]);
    expect(first(procArp(stack))).toBe(host('arp')[0]);
    if (existsSync('/proc/net/tcp6')) {
      expect(first(procTcp6)).toBe(host('tcp6')[0]);
      expect(first(procUdp6)).toBe(host('udp6')[0]);
    }
    expect(procSockstat(stack, 0).replace(/\d+/g, 'N')).toBe(host('sockstat').join('\n').replace(/\d+/g, 'N'));
    const names = (lines: readonly string[], group: string): string =>
      lines.find((line) => line.startsWith(`${group}:`))!;
    for (const group of ['Ip', 'Icmp', 'Tcp', 'Udp', 'UdpLite']) {
      expect(names(procSnmp(stack).split('\n'), group)).toBe(names(host('snmp'), group));
    }
    expect(names(procNetstat(stack).split('\n'), 'IpExt')).toBe(names(host('netstat'), 'IpExt'));
    // The host's kernel may be newer and count more.
    const known = new Set(names(host('netstat'), 'TcpExt').split(' '));
    for (const name of names(procNetstat(stack).split('\n'), 'TcpExt').split(' ')) expect(known).toContain(name);
  });

  it('lists listeners and connections as netstat reads them', () => {
    const world = new World();
    const { client } = world.pair();
    world.run(100 * MILLISECOND);
    const port = client.localPort.toString(16).toUpperCase().padStart(4, '0');
    const rows = procTcp(world.server.stack, identity).split('\n');
    expect(rows[1]).toMatch(
      /^ {3}0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 {2}1000 {8}0 4711 1 0{16} 100 0 0 10 0 {22}$/,
    );
    expect(rows[2]!.startsWith(`   1: 0F02000A:0050 0202000A:${port} 01 00000000:00000000 00:00000000 00000000`)).toBe(
      true,
    );
    expect(rows[2]!.length).toBe(149);
    const udp = world.server.stack.udp.socket();
    udp.bind(SERVER_ADDRESS, 53);
    expect(procUdp(world.server.stack, identity)).toContain('    0: 0F02000A:0035 00000000:0000 07 00000000:00000000');
    expect(procArp(world.server.stack)).toContain(
      '10.0.2.2         0x1         0x2         52:55:0a:00:02:02     *        eth0\n',
    );
    expect(procRoute(world.server.stack)).toContain('eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0');
    expect(procSockstat(world.server.stack, 7)).toContain(
      'sockets: used 7\nTCP: inuse 2 orphan 0 tw 0 alloc 2 mem 0\n',
    );
  });

  it('counts', () => {
    const world = new World();
    const { client } = world.pair();
    client.send(text('x'), 1);
    world.run(100 * MILLISECOND);
    const row = procSnmp(world.client.stack)
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))[1];
    // Algorithm, RTO limits, connections; opened 1 active; segments in and out.
    expect(row).toMatch(/^Tcp: 1 200 120000 -1 1 0 0 0 1 \d+ \d+ 0 0 0 0$/);
  });

  it('tcp_info has state, options, window scales and sizes where Linux has them', () => {
    const world = new World();
    const { client } = world.pair();
    const info = new DataView(tcpInfo(client).buffer);
    expect(info.byteLength).toBe(248);
    expect(info.getUint8(0)).toBe(1);
    expect(info.getUint8(5)).toBe(7);
    expect(info.getUint8(6)).toBe(client.sendWindowScale | (client.receiveWindowScale << 4));
    expect(info.getUint32(16, true)).toBe(1448);
    expect(info.getUint32(60, true)).toBe(1500);
    expect(info.getUint32(80, true)).toBe(10);
    expect(info.getUint32(68, true)).toBe(Math.floor(client.smoothedRtt / 1000));
  });
});
