// Kernel text of device drivers (estimated from Linux 6.12's virtio_net.c and virtio_ring.c: a receive or transmit of one
// packet runs a few hundred instructions beside the stack's own).

import { routines } from '../routine.ts';

export const driverRoutines = routines({
  virtnet_interrupt: 180,
  virtnet_poll: 350,
  /** Per packet taken from the receive ring, its buffer replaced. */
  virtnet_receive: 650,
  virtnet_start_xmit: 550,
  /** Per transmitted buffer given back. */
  virtnet_free_old_xmit: 180,
});
