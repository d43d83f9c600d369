import assert from 'node:assert/strict';
import test from 'node:test';
import { clientAddress, clientPrefix, normalAddress, readProxies } from './address.ts';

test('spells an address in one way', () => {
  for (const [text, normal] of [
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1 ', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
    ['unknown', undefined],
    ['192.0.2.1:80', undefined],
    ['', undefined],
    ['192.0.2.01', undefined],
  ] as const)
    assert.equal(normalAddress(text), normal, text);
});

test('cuts IPv6 to its first 64 bits', () => {
  for (const [address, prefix] of [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
  ] as const)
    assert.equal(clientPrefix(address), prefix);
});

const isProxy = readProxies(['10.0.0.0/8', 'fd00::/8']);
for (const [name, peer, forwarded, client] of [
  ['a proxy tells the client', '10.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['the client wrote something in front', '10.0.0.1', '127.0.0.1, 198.51.100.1, 192.0.2.1', '192.0.2.1'],
  ['two proxies', '::ffff:10.0.0.1', '192.0.2.1, fd00::5', '192.0.2.1'],
  ['all are proxies', '10.0.0.1', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
  ['no address', '10.0.0.1', '192.0.2.1, unknown', '10.0.0.1'],
  ['an empty header', '10.0.0.1', '', '10.0.0.1'],
  ['no header', '10.0.0.1', undefined, '10.0.0.1'],
  ['no peer', '', undefined, 'unknown'],
] as const)
  test(`knows the client where ${name}`, () => {
    assert.equal(clientAddress(peer, forwarded, isProxy), client);
  });
