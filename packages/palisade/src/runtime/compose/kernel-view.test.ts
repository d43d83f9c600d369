import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesOf, parseKernelView } from './kernel-view.ts';

const status = (fields: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    Name: 'redis-server',
    Uid: '999\t999\t999\t999',
    CapEff: '0000000000000000',
    CapBnd: '00000000a80425fb',
    NoNewPrivs: '1',
    Seccomp: '2',
    ...fields,
  })
    .map(([name, value]) => `${name}:\t${value}\n`)
    .join('');

const readOnly = 'overlay / overlay ro,relatime,lowerdir=/a:/b,upperdir=/c 0 0\nproc /proc proc rw,nosuid 0 0\n';

const table = (...sockets: readonly string[]): string =>
  `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n${sockets
    .map(
      (socket, index) =>
        `   ${index}: ${socket} 00000000:00000000 00:00000000 00000000   999        0 ${4000 + index} 1\n`,
    )
    .join('')}`;

test('names the default capabilities of an engine', () => {
  assert.deepEqual(
    capabilitiesOf('00000000a80425fb'),
    'CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP'.split(
      ' ',
    ),
  );
  assert.deepEqual(capabilitiesOf('0000000000000000'), []);
});

test('keeps a capability that it has no name for', () => {
  assert.deepEqual(capabilitiesOf('0000020000000001'), ['CHOWN', 'CAPABILITY_41']);
});

test('reads who the process is, what it may gain, and its root', () => {
  const view = parseKernelView(`${status()}${readOnly}${table()}`);
  assert.equal(view.uid, 999);
  assert.equal(view.noNewPrivileges, true);
  assert.equal(view.seccomp, 2);
  assert.equal(view.readOnlyRoot, true);
  assert.deepEqual(view.effective, []);
  assert.equal(view.bounding.length, 14);
});

test('takes the effective user, not the real one', () => {
  assert.equal(parseKernelView(`${status({ Uid: '999\t0\t0\t0' })}${readOnly}`).uid, 0);
});

test('sees a writable root, also one that was mounted over a read-only one', () => {
  assert.equal(parseKernelView(`${status()}overlay / overlay rw,relatime 0 0\n`).readOnlyRoot, false);
  assert.equal(parseKernelView(`${status()}${readOnly}tmpfs / tmpfs rw 0 0\n`).readOnlyRoot, false);
});

test('lists what listens, once, and neither connections nor the name server of the engine', () => {
  const text = `${status()}${readOnly}${table(
    '00000000:18EB 00000000:0000 0A',
    '0B00007F:A1B2 00000000:0000 0A',
    '020012AC:18EB 030012AC:C350 01',
    '0100007F:0050 00000000:0000 0A',
  )}${table('00000000000000000000000000000000:18EB 00000000000000000000000000000000:0000 0A')}`;
  assert.deepEqual(parseKernelView(text).listeners, [
    { address: '0.0.0.0', port: 6379 },
    { address: '127.0.0.1', port: 80 },
    { address: '::', port: 6379 },
  ]);
});

test('refuses a text without the status or without the root', () => {
  assert.throws(() => parseKernelView(readOnly), /no (?:Uid|status)/);
  assert.throws(() => parseKernelView(status()), /no root/);
});
