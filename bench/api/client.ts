// The load generator: a process that takes one job after the other from its parent and answers each with a load.
import autocannon, { type Client, type Request } from 'autocannon';
import { type Job, type Load, headersOf } from './load.ts';

const isJob = (message: unknown): message is Job =>
  typeof message === 'object' && message !== null && 'origin' in message && 'tokens' in message;

const work = async ({ origin, path, method, tokens, body, connections, seconds }: Job): Promise<Load> => {
  const request = (token?: string): Request => ({ method, path, headers: headersOf(token, body) });
  let next = 0;
  const result = await autocannon({
    url: origin,
    connections,
    duration: seconds,
    ...(body === undefined ? {} : { body }),
    requests: [request(tokens[0])],
    tlsOptions: { rejectUnauthorized: false },
    setupClient: (client: Client) => {
      const mine = next++;
      if (tokens.length < connections) return client.setRequests([request(tokens[mine % Math.max(1, tokens.length)])]);
      client.setRequests(tokens.filter((_, number) => number % connections === mine % connections).map(request));
    },
  });
  const answers = new Map(
    Object.entries(result.statusCodeStats ?? {}).map(([status, { count = 0 }]) => [status, count]),
  );
  const total = [...answers.values()].reduce((sum, count) => sum + count, 0);
  const failures = result.errors + result.timeouts;
  return { answers: Object.fromEntries(answers), total, failures, perSecond: total / result.duration };
};

process.on('message', (message: unknown) => {
  if (!isJob(message)) throw new Error('the load generator was given something that is no job');
  work(message).then(
    (load) => process.send?.(load),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
