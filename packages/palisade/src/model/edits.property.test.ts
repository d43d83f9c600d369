import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ComposeEdit } from '../contracts/change.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { applyComposeEdits } from './edit/apply.ts';
import { appendToServiceKey, removeEnvironment, removeServiceKey, setEnvironment, setServiceKey } from './edits.ts';
import { loadText, serviceOf } from './testing.ts';

const shared = `x-base: &base # the base of all
  privileged: true
  ports: &ports
    - "1:1" # open
    - 127.0.0.1:2:2
  environment: &env
    TOKEN: root # dev only
    ADDR: 'http://vault:8200'
  logging: &log
    driver: json-file
`;

/** What a service may hold, one line or block of each. */
const parts: readonly (readonly string[])[] = [
  ['', '    <<: *base\n'],
  ['', '    privileged: true\n', '    privileged: false # no\n'],
  ['', '    ports: *ports\n', '    ports: ["3:3", "4:4"]\n', '    ports:\n    - "5:5"\n'],
  [
    '',
    '    environment: *env\n',
    '    environment:\n      <<: *env\n      OWN: "1"\n',
    '    environment:\n      - TOKEN=x\n      - OTHER=${Y:-z}\n',
    '    environment: {TOKEN: a, B: c}\n',
  ],
  ['', '    logging: *log\n', '    logging:\n      <<: *log\n      options: {max-size: 1m}\n'],
  ['', '    cap_drop: [ALL] # all\n', '    cap_drop:\n\n      - NET_RAW\n'],
];
const body = fc
  .tuple(...parts.map((choices) => fc.constantFrom(...choices)))
  .map((chosen) => `    image: x # keep\n${chosen.join('')}`);

interface Wish {
  readonly name: string;
  readonly build: (stack: Stack, service: string) => readonly ComposeEdit[];
  readonly holds: (service: Service) => boolean;
}
const wishes: readonly Wish[] = [
  {
    name: 'read_only',
    build: (stack, service) => setServiceKey(stack, service, ['read_only'], true),
    holds: ({ readOnly }) => readOnly?.value === true,
  },
  {
    name: 'no privileged',
    build: (stack, service) => removeServiceKey(stack, service, ['privileged']),
    holds: ({ privileged }) => privileged?.value !== true,
  },
  {
    name: 'no TOKEN',
    build: (stack, service) => removeEnvironment(stack, service, 'TOKEN'),
    holds: ({ environment }) => !environment.has('TOKEN'),
  },
  {
    name: 'ADDR',
    build: (stack, service) => setEnvironment(stack, service, 'ADDR', 'https://vault:8200'),
    holds: ({ environment }) => environment.get('ADDR')?.value === 'https://vault:8200',
  },
  {
    name: 'loopback',
    build: (stack, service) =>
      serviceOf(stack, service).ports.flatMap((port, index) =>
        port.hostAddress === ''
          ? setServiceKey(stack, service, ['ports', index], `127.0.0.1:${port.published}:${port.target}`)
          : [],
      ),
    holds: ({ ports }) => ports.every(({ hostAddress }) => hostAddress === '127.0.0.1'),
  },
  {
    name: 'log size',
    build: (stack, service) => setServiceKey(stack, service, ['logging', 'options', 'max-size'], '10m'),
    holds: ({ logging }) => logging?.value.options.get('max-size') === '10m',
  },
  {
    name: 'drop',
    build: (stack, service) => appendToServiceKey(stack, service, ['cap_drop'], 'ALL'),
    holds: ({ capDrop }) => capDrop.some(({ value }) => value === 'ALL'),
  },
  {
    name: 'security options',
    build: (stack, service) => [
      ...appendToServiceKey(stack, service, ['security_opt'], 'no-new-privileges:true'),
      ...appendToServiceKey(stack, service, ['security_opt'], 'label=type:x'),
    ],
    holds: ({ securityOpt }) => securityOpt.length === 2,
  },
];

/** All that a service means, without the places where it is written. */
const meaning = (service: Service): unknown =>
  JSON.parse(
    JSON.stringify(service, (key, value: unknown) => {
      if (key === 'at' || key === 'keys') return undefined;
      return value instanceof Map ? Object.fromEntries(value) : value;
    }),
  );

test('any wishes of one service come true together, and neither the anchors nor other services change', async () => {
  await fc.assert(
    fc.asyncProperty(
      body,
      body,
      fc.uniqueArray(fc.constantFrom(...wishes), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (target, other, chosen, isLast) => {
        const [first, second] = isLast
          ? [`  other:\n${other}`, `  target:\n${target}`]
          : [`  target:\n${target}`, `  other:\n${other}`];
        const text = `${shared}services:\n${first}\n${second}`;
        const before = await loadText(text);
        const edits = chosen.flatMap(({ build }) => build(before, 'target'));
        const after = applyComposeEdits(text, edits);
        assert.ok(after.startsWith(shared), after);
        assert.ok(after.includes(`  other:\n${other}`), after);
        const stack = await loadText(after);
        assert.deepEqual(stack.diagnostics, before.diagnostics, after);
        assert.deepEqual(meaning(serviceOf(stack, 'other')), meaning(serviceOf(before, 'other')));
        for (const wish of chosen) {
          assert.ok(wish.holds(serviceOf(stack, 'target')), `${wish.name} does not hold in\n${after}`);
          assert.deepEqual(wish.build(stack, 'target'), [], `${wish.name} is not finished in\n${after}`);
        }
        assert.equal(applyComposeEdits(after, edits), after);
      },
    ),
    { numRuns: 120 },
  );
});
