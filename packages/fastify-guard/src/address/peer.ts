import type { Socket } from 'node:net';
import { type IsProxy, clientAddress, clientPrefix, normalAddress } from './address.ts';

/** Who calls, as far as an address says it. One object for one address while it is remembered. */
export interface Peer {
  /** In one spelling; `unknown` where a connection has no peer any more. */
  readonly address: string;
  /** What is counted as one client. */
  readonly prefix: string;
}

/** Addresses that are remembered; a flood of others only costs that some are made again. */
const most = 1_000;

/** Finds who calls: by connection, or by what a proxy of ours says of it. */
export const createPeers = (
  isProxy: IsProxy,
): ((socket: Socket, forwarded: string | readonly string[] | undefined) => Peer) => {
  const byAddress = new Map<string, Peer>();
  const bySocket = new WeakMap<Socket, Peer>();
  const peerOf = (address: string): Peer => {
    const known = byAddress.get(address);
    if (known !== undefined) return known;
    if (byAddress.size >= most) byAddress.clear();
    const peer = { address, prefix: clientPrefix(address) };
    byAddress.set(address, peer);
    return peer;
  };
  return (socket, forwarded) => {
    const { remoteAddress = '' } = socket;
    if (forwarded !== undefined)
      return peerOf(
        clientAddress(remoteAddress, typeof forwarded === 'string' ? forwarded : forwarded.join(','), isProxy),
      );
    const known = bySocket.get(socket);
    if (known !== undefined) return known;
    const peer = peerOf(normalAddress(remoteAddress) ?? 'unknown');
    if (remoteAddress !== '') bySocket.set(socket, peer);
    return peer;
  };
};
