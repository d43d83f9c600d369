import * as z from 'zod';
import type { Route } from '../http/route.ts';

/** Probes are answered whoever asks, however often, and under overload too. */
const open = { access: 'public', limits: 'none', shed: false } as const;

const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  dependencies: z.record(z.string(), z.boolean()).optional(),
});

/** One thing that the service cannot work without. Rejects where it is not there. */
export type Dependency = () => Promise<unknown>;

/** Until when an answer of the dependencies is given again, so that strangers cannot make them work. Milliseconds. */
const rememberFor = 1_000;
/** How long a dependency may take. */
const answerWithin = 2_000;

/** Told when a dependency begins to fail, with the reason, and when it answers again, without one. */
export type Observe = (name: string, reason?: unknown) => void;

/** Why a dependency does not answer; undefined where it does. */
const failureOf = async (call: Dependency): Promise<unknown> => {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Error>((resolve) => {
    timer = setTimeout(() => resolve(new Error(`no answer within ${answerWithin} ms`)), answerWithin);
  });
  const answer = call().then(
    () => undefined,
    (reason: unknown) => reason ?? new Error('no reason was given'),
  );
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * `/health` says that the process answers; `/ready` that it can work. Strangers learn yes or no, and which dependency it
 * is only where `details` allows.
 */
export const healthRoutes = (
  dependencies: Readonly<Record<string, Dependency>>,
  options: {
    readonly details: boolean;
    readonly draining: () => boolean;
    readonly now?: () => number;
    readonly observe?: Observe;
  },
): readonly Route[] => {
  const { now = Date.now, observe } = options;
  const failing = new Set<string>();
  const isAnswering = async (name: string, call: Dependency): Promise<boolean> => {
    const reason = await failureOf(call);
    const answers = reason === undefined;
    if (answers && failing.delete(name)) observe?.(name);
    if (!answers && !failing.has(name)) {
      failing.add(name);
      observe?.(name, reason);
    }
    return answers;
  };
  let last: { readonly at: number; readonly answer: Promise<Record<string, boolean>> } | undefined;
  const ask = async (): Promise<Record<string, boolean>> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(dependencies).map(async ([name, call]) => [name, await isAnswering(name, call)] as const),
      ),
    );
  return [
    {
      method: 'GET',
      path: '/health',
      access: open,
      summary: 'The process answers.',
      answers: { 200: 'It does.' },
      results: { 200: z.object({ status: z.literal('alive') }) },
      handle: async () => ({ status: 200, body: { status: 'alive' } }),
    },
    {
      method: 'GET',
      path: '/ready',
      access: open,
      summary: 'The service can work: its database and its secrets are there.',
      answers: { 200: 'It can.', 503: 'It cannot, or is about to end.' },
      results: { 200: readiness, 503: readiness },
      handle: async () => {
        if (last === undefined || now() - last.at >= rememberFor) last = { at: now(), answer: ask() };
        const answers = await last.answer;
        const ready = !options.draining() && Object.values(answers).every(Boolean);
        return {
          status: ready ? 200 : 503,
          body: { status: ready ? 'ready' : 'not ready', ...(options.details ? { dependencies: answers } : {}) },
        };
      },
    },
  ];
};
