import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  coversUser,
  isUnbounded,
  parseHostBasedAccess,
  reachesNetwork,
  withMask,
  type HbaRule,
} from './host-based-access.ts';

const rule = (line: string): HbaRule => {
  const { rules, invalid } = parseHostBasedAccess(line);
  assert.deepEqual(invalid, []);
  const [found] = rules;
  assert.ok(found);
  return found;
};

describe('pg_hba.conf', () => {
  const addresses: readonly (readonly [string, string | undefined, string])[] = [
    ['local all all peer', undefined, 'peer'],
    ['host all all 10.0.0.0/8 md5', '10.0.0.0/8', 'md5'],
    ['host all all 10.1.0.0 255.255.0.0 md5', '10.1.0.0/16', 'md5'],
    ['host all all 0.0.0.0 0.0.0.0 md5', '0.0.0.0/0', 'md5'],
    ['host all all fd00::1 ffff:ffff:: md5', 'fd00::1/32', 'md5'],
    ['hostssl all all ::1/128 cert', '::1/128', 'cert'],
    ['hostssl all all samenet cert', 'samenet', 'cert'],
    ['hostnossl all all .example.com reject', '.example.com', 'reject'],
  ];
  for (const [line, address, method] of addresses)
    it(`reads ${line}`, () => assert.deepEqual([rule(line).address, rule(line).method], [address, method]));

  it('reads lists, quotes and options', () => {
    const found = rule(
      'hostssl "my db",shop , all  "all",+staff,"o""brien" samenet scram-sha-256 clientcert=verify-full "map=a b" # end',
    );
    assert.deepEqual(found.databases, [
      { text: 'my db', quoted: true },
      { text: 'shop', quoted: false },
      { text: 'all', quoted: false },
    ]);
    assert.deepEqual(
      found.users.map(({ text }) => text),
      ['all', '+staff', 'o"brien'],
    );
    assert.deepEqual(
      [...found.options],
      [
        ['clientcert', 'verify-full'],
        ['map', 'a b'],
      ],
    );
  });

  it('joins a line that ends in a backslash with the next', () => {
    const { rules } = parseHostBasedAccess('hostssl all all \\\n  samenet \\\n cert\nlocal all all peer\n');
    assert.deepEqual(
      rules.map(({ line, method }) => [line, method]),
      [
        [1, 'cert'],
        [4, 'peer'],
      ],
    );
  });

  it('notes includes and files of names', () => {
    const { includes } = parseHostBasedAccess(
      'include other.conf\nhost @databases all samenet cert\nhost all @users samenet cert\nhost all "@x" samenet cert\n',
    );
    assert.deepEqual(
      includes.map(({ line }) => line),
      [1, 2, 3],
    );
  });

  for (const line of [
    'hosts all all all md5',
    'host all',
    'host all all',
    'host all all 10.0.0.1 md5',
    'host all all 10.0.0.0 255.0.255.0 md5',
    'local all all',
    'host all all all md5 clientcert',
  ])
    it(`takes ${line} for a line that the server refuses`, () =>
      assert.equal(parseHostBasedAccess(`\n${line}`).invalid[0]?.line, 2));
});

describe('what a rule covers', () => {
  it('takes a keyword in quotes for a name', () => {
    assert.equal(coversUser(rule('host all all samenet md5'), 'eve'), true);
    assert.equal(coversUser(rule('host all "all" samenet md5'), 'eve'), false);
    assert.equal(coversUser(rule('host all +staff samenet md5'), 'eve'), true);
  });

  it('tells the network from loopback and socket', () => {
    const inside = [
      'local all all peer',
      'host all all 127.0.0.1/32 md5',
      'host all all ::1/128 md5',
      'host all all localhost md5',
    ];
    for (const line of inside) assert.equal(reachesNetwork(rule(line)), false, line);
    const outside = [
      'host all all 127.0.0.1/0 md5',
      'host all all samehost md5',
      'host all all 10.0.0.0/8 md5',
      'host all all all md5',
    ];
    for (const line of outside) assert.equal(reachesNetwork(rule(line)), true, line);
  });

  it('knows every way to write everywhere', () => {
    for (const address of ['all', '0.0.0.0/0', '::/0', '0:0:0:0:0:0:0:0/0', withMask('0.0.0.0', '0.0.0.0')])
      assert.equal(isUnbounded(address), true, address);
    for (const address of ['10.0.0.0/8', 'samenet', '::1/128', '0.0.0.0/1'])
      assert.equal(isUnbounded(address), false, address);
  });
});
