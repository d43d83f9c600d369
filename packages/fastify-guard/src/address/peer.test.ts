import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import test from 'node:test';
import { readProxies } from './address.ts';
import { createPeers } from './peer.ts';

/** A connection of an address, without a network. */
const socketOf = (address: string | undefined): Socket =>
  Object.defineProperty(new Socket(), 'remoteAddress', { value: address });

test('knows an address again, of whichever connection and in whichever spelling', () => {
  const peerOf = createPeers(readProxies([]));
  const peer = peerOf(socketOf('192.0.2.1'), undefined);
  assert.deepEqual(peer, { address: '192.0.2.1', prefix: '192.0.2.1' });
  assert.equal(peerOf(socketOf('::ffff:192.0.2.1'), undefined), peer);
  assert.notEqual(peerOf(socketOf('192.0.2.2'), undefined), peer);
});

test('tells apart the clients of one connection of a proxy', () => {
  const peerOf = createPeers(readProxies(['10.0.0.0/8']));
  const proxy = socketOf('10.0.0.1');
  assert.equal(peerOf(proxy, undefined).address, '10.0.0.1');
  assert.equal(peerOf(proxy, '2001:db8::1').prefix, '2001:db8:0:0::/64');
  assert.equal(peerOf(proxy, '192.0.2.2').address, '192.0.2.2');
  assert.equal(peerOf(proxy, ['192.0.2.2', '192.0.2.3']).address, '192.0.2.3');
  assert.equal(peerOf(proxy, undefined).address, '10.0.0.1');
});

test('says of a connection that is gone that its address is unknown', () => {
  const peerOf = createPeers(readProxies([]));
  const gone = socketOf(undefined);
  assert.equal(peerOf(gone, undefined).address, 'unknown');
});

test('forgets addresses rather than to keep a flood of them', () => {
  const peerOf = createPeers(readProxies([]));
  const first = peerOf(socketOf('2001:db8::1'), undefined);
  for (let index = 2; index < 1_500; index += 1) peerOf(socketOf(`2001:db8::${index.toString(16)}`), undefined);
  const again = peerOf(socketOf('2001:db8::1'), undefined);
  assert.notEqual(again, first);
  assert.deepEqual(again, first);
});
