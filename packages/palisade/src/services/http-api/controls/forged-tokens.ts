import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { judgeAnswers, some } from '../observe.ts';
import { cwe, owaspApi, rfc } from '../references.ts';

/** A07: a token that no issuer has signed opens nothing. */
export const control: Control<'http'> = {
  id: 'http-api/forged-tokens',
  aliases: ['A07'],
  title: 'Forged tokens are refused',
  severity: 'high',
  rationale:
    'A verifier that believes what a token says of its own signature lets everybody be an administrator: the token names no algorithm, or brings the key that it is checked with. An attacker needs no password and leaves the name of somebody else in the log.',
  fix: 'Fix algorithm, issuer, audience and keys in the configuration of the verifier, never take them from the token, and refuse everything else with 401.',
  references: [rfc(8725, '2'), rfc(6750, '3'), owaspApi('API2', '0xa2-broken-authentication'), cwe(347)],
  checklist: ['endpoint-authentication'],
  live: {
    attack: 'call a business route with forged tokens',
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(
        stack,
        evidence,
        ({ tokens }) => tokens,
        ({ path, asks, refused, accepted, broke, unclear, untried }, name) => {
          if (!asks && accepted.length > 0)
            return {
              outcome: 'fail',
              key: 'open',
              message: `${name} serves GET ${path} to ${accepted.length} forged tokens, as it asks nobody for a real one`,
            };
          if (accepted.length > 0)
            return {
              outcome: 'fail',
              key: 'accepted',
              message: `${name} takes forged tokens at GET ${path}: ${some(accepted)}`,
            };
          if (broke.length > 0)
            return {
              outcome: 'fail',
              key: 'broke',
              message: `${name} answers forged tokens at GET ${path} with a server error: ${some(broke)}`,
            };
          if (unclear.length > 0 || refused.length === 0)
            return {
              outcome: 'unknown',
              message: `${unclear.length} forged tokens gave no usable answer at GET ${path}`,
            };
          const rest = untried.length === 0 ? '' : `; not tried, as no public key was found: ${some(untried)}`;
          return { outcome: 'pass', message: `refuses ${refused.length} forged tokens at GET ${path}${rest}` };
        },
      ),
  },
};
