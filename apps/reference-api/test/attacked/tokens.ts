import { basic, membersOf } from '../../src/oauth/testing/flow.ts';
import { achieve } from '../../src/testing/operator.ts';
import { Secret } from '@palisade/vault/secret';
import type { Target } from './target.ts';

/** Registers a program with the role of an administrator, as an operator does, and lets it get a token through the gateway. */
export const administratorToken = async (target: Target): Promise<string> => {
  const words = ['clients', 'add', 'administrator', '--role', 'admin'];
  const secret = new Secret((await achieve(target.api, words)).trim());
  const answer = await target.gateway.call('/oauth/token', {
    method: 'POST',
    headers: { ...basic({ id: 'administrator', secret }), 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials&scope=read+write',
  });
  const { access_token: token } = membersOf(answer);
  if (token === undefined) throw new Error(`no token: ${answer.status} ${answer.body}`);
  return token;
};
