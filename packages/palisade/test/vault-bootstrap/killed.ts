import { kill } from 'node:process';
import { readFile } from 'node:fs/promises';
import { Secret } from '@palisade/vault';
import { bootstrapVault } from '../../src/services/vault/bootstrap/bootstrap.ts';
import { goal, goalWith, optionsFor, placesOf } from './example.ts';

/*
 * A bootstrap that kills itself, as a power cut would: directory, address, process id of the server, file with the identity,
 * recipient, after how many writes, and a service that the goal has beside those of the example. Exits with 70 where the caller has to move the data of the server away.
 */
const [directory = '', address = '', server = '', identityFile = '', recipient = '', writes = '', service = ''] =
  process.argv.slice(2);

let left = Number(writes);
const written = (): void => {
  left -= 1;
  if (left === 0) kill(process.pid, 'SIGKILL');
};

/** Calls that change the server, by name. */
const changing = new Set([
  'init',
  'unseal',
  'enableMount',
  'tuneMount',
  'enableAuth',
  'writePolicy',
  'writeRole',
  'generateRoot',
  'generateIntermediate',
  'signIntermediate',
  'setSigned',
  'setDefaultIssuer',
  'sign',
  'write',
  'createWrappedSecretId',
  'unwrap',
  'login',
  'revokeSelf',
  'revokeAccessor',
  'destroySecretId',
  'start',
  'provide',
  'cancel',
]);

/** The same object, that counts each changing call when its answer has come and before anybody sees it. */
const counted = <T extends object>(target: T): T =>
  new Proxy(target, {
    get: (object, name) => {
      const member: unknown = Reflect.get(object, name);
      if (typeof member === 'object' && member !== null) return counted(member);
      if (typeof member !== 'function') return member;
      return (...parameters: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, object, parameters);
        if (result instanceof Promise)
          return changing.has(String(name))
            ? result.then((value: unknown) => {
                written();
                return value;
              })
            : result;
        return typeof result === 'object' && result !== null ? counted(result) : result;
      };
    },
  });

const places = placesOf(address, directory);
const options = optionsFor(
  places,
  {
    reload: () => {
      written();
      kill(Number(server), 'SIGHUP');
      written();
    },
    setAside: async () => process.exit(70),
  },
  {
    recipients: [recipient],
    identity: new Secret(await readFile(identityFile, 'utf8')),
    goal: service === '' ? goal : goalWith(service),
  },
);

await bootstrapVault({
  ...options,
  connect: (authorities) => counted(options.connect(authorities)),
  deliver: async (service, roleId, secretId) => {
    written();
    await options.deliver(service, roleId, secretId);
    written();
  },
});
