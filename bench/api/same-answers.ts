import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { text } from 'node:stream/consumers';
import { headersOf } from './load.ts';
import type { Scenario } from './scenarios.ts';

const ask = async (
  origin: string,
  { method, path, body }: Scenario,
  token: string | undefined,
): Promise<{ readonly status: number; readonly body: string }> => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    method,
    headers: headersOf(token, body),
    agent: false,
    rejectUnauthorized: false,
    signal: AbortSignal.timeout(10_000),
  } as const;
  const request = origin.startsWith('https:') ? secureRequest : plainRequest;
  request(`${origin}${path}`, options, resolve).once('error', reject).end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, body: await text(response) };
};

/** Asks as often as it takes to reach the limits of 10 in an hour. */
const timesOver = 11;

/** Throws where a server does not give the answer of a scenario, or gives it to somebody without a token: nobody is measured failing. */
export const checkAnswers = async (
  server: string,
  origin: string,
  scenario: Scenario,
  token: string | undefined,
  checksTokens: boolean,
): Promise<void> => {
  const wrong = (what: string): Error => new Error(`${server}, ${scenario.name}: ${what}`);
  let last = await ask(origin, scenario, token);
  for (let times = 1; scenario.status === 429 && times < timesOver; times += 1)
    last = await ask(origin, scenario, token);
  if (last.status !== scenario.status) throw wrong(`answered ${last.status}: ${last.body}`);
  const answer: unknown = last.body === '' ? undefined : JSON.parse(last.body);
  if (scenario.status !== 429 && !isDeepStrictEqual(answer, scenario.answer)) throw wrong(`answered ${last.body}`);
  if (!checksTokens || token === undefined) return;
  const { status } = await ask(origin, scenario, `${token.slice(0, -8)}AAAAAAAA`);
  if (status !== 401) throw wrong(`answered ${status} to a forged token`);
};
