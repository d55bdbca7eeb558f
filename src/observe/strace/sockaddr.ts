// Socket addresses as strace prints them: {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}.

import { quote } from './format.ts';

export function formatSockaddr(bytes: Uint8Array): string {
  if (bytes.length < 2) return '{sa_family=?}';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, true);
  if (family === 1) {
    const path = bytes.subarray(2);
    if (path.length === 0) return '{sa_family=AF_UNIX}';
    if (path[0] === 0) return `{sa_family=AF_UNIX, sun_path=@${quote(path.subarray(1), 108)}}`;
    const end = path.indexOf(0);
    return `{sa_family=AF_UNIX, sun_path=${quote(end < 0 ? path : path.subarray(0, end), 108)}}`;
  }
  if (family === 2 && bytes.length >= 8) {
    return `{sa_family=AF_INET, sin_port=htons(${view.getUint16(2)}), sin_addr=inet_addr("${[...bytes.subarray(4, 8)].join('.')}")}`;
  }
  if (family === 10 && bytes.length >= 24) {
    const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(8 + 2 * i).toString(16));
    return `{sa_family=AF_INET6, sin6_port=htons(${view.getUint16(2)}), sin6_flowinfo=htonl(${view.getUint32(4)}), inet_pton(AF_INET6, "${groups.join(':')}", &sin6_addr), sin6_scope_id=0}`;
  }
  if (family === 16 && bytes.length >= 12) {
    return `{sa_family=AF_NETLINK, nl_pid=${view.getUint32(4, true)}, nl_groups=${view.getUint32(8, true).toString(16).padStart(8, '0')}}`;
  }
  if (family === 0) return '{sa_family=AF_UNSPEC, sa_data=""}';
  return `{sa_family=${family}, sa_data=${quote(bytes.subarray(2), 14)}}`;
}
