import { mapConcurrently } from '../../../support/concurrency.ts';
import type { TokenAnswers, TokenTrick } from '../evidence.ts';
import { type ForgedToken, type KnownIssuer, forgeTokens } from './forge.ts';
import { askOne, concurrency, isSuccess } from './reply.ts';
import type { Origin, Question, Reply } from './request.ts';
import { noToken } from './routes.ts';

/** A route that is attacked, and whether it asks strangers for credentials. */
export interface TokenTarget {
  readonly path: string;
  readonly asks: boolean;
}

const bearer = (path: string, token: string): Question => ({ path, headers: { authorization: `Bearer ${token}` } });

const questionOf = (path: string, { trick, token }: ForgedToken): Question =>
  trick === 'one in the address (access_token)' ? { path: `${path}?access_token=${token}` } : bearer(path, token);

type Verdict = 'refused' | 'accepted' | 'broke' | 'unclear';

/** Statuses by which a request is refused before anybody asks what it wants: RFC 6750 section 3.1, RFC 6585 section 5. */
const refusals = new Set([400, 401, 407, 413, 414, 431, 494]);
/** Statuses by which a handler answers, so that the token was believed. */
const handled = new Set([404, 405, 406, 409, 410, 415, 422]);

/** True for what a service may answer strangers with; too many requests tell nothing of one of them. */
const refusesCaller = (status: number): boolean => status >= 300 && status < 500 && status !== 408 && status !== 429;

/** Judges an answer against what a stranger gets, and one whose token is none at all. */
const judge = (reply: Reply | undefined, baseline: ReadonlySet<number>): Verdict => {
  if (reply === undefined) return 'unclear';
  const { status } = reply;
  if (isSuccess(status)) return 'accepted';
  if (refusals.has(status) || baseline.has(status)) return 'refused';
  if (status >= 500) return status === 503 || status === 504 ? 'unclear' : 'broke';
  return handled.has(status) ? 'accepted' : 'unclear';
};

const challenges = ({ headers }: Reply): boolean => headers['www-authenticate'] !== undefined;
const asksForBearer = ({ headers }: Reply): boolean => /\bbearer\b/i.test(headers['www-authenticate'] ?? '');

/**
 * Sends each forged token once to one route, and tells how it was answered. Statuses and challenges alone are looked at.
 * Where a server ends the connection of an oversized request without an answer and still serves the next one, that is a
 * refusal too. Rejects where the route gives no answer.
 */
export const tryTokens = async (
  origin: Origin,
  { path, asks }: TokenTarget,
  issuer: KnownIssuer,
  now: number,
  signal: AbortSignal,
): Promise<TokenAnswers> => {
  const stranger = await askOne(origin, { path }, signal);
  const garbled = await askOne(origin, bearer(path, noToken), signal);
  if (stranger === undefined || garbled === undefined) throw new Error(`GET ${path} gave no answer`);
  const usual = new Set([stranger, garbled].map(({ status }) => status).filter(refusesCaller));
  const { tokens, untried } = forgeTokens(issuer, now);
  const replies = [
    { trick: 'no token at all' as const, reply: garbled },
    ...(await mapConcurrently(tokens, concurrency, async (forged) => ({
      trick: forged.trick,
      reply: await askOne(origin, questionOf(path, forged), signal),
    }))),
  ];
  const serves = (await askOne(origin, { path }, signal)) !== undefined;
  const answers = replies.map(({ trick, reply }) => ({
    trick,
    reply,
    verdict: reply === undefined && trick === 'an oversized one' && serves ? 'refused' : judge(reply, usual),
  }));
  const of = (verdict: Verdict): readonly TokenTrick[] =>
    answers.filter((answer) => answer.verdict === verdict).map(({ trick }) => trick);
  const all = [stranger, ...answers.flatMap(({ reply }) => reply ?? [])];
  const takesBearer = all.some(asksForBearer);
  return {
    path,
    asks,
    refused: of('refused'),
    accepted: of('accepted'),
    broke: of('broke'),
    unclear: of('unclear'),
    untried,
    takesBearer,
    unchallenged: all.filter((reply) => reply.status === 401 && !(takesBearer ? asksForBearer : challenges)(reply))
      .length,
  };
};
