import { setTimeout } from 'node:timers/promises';
import type { ClientProcess } from './client-process.ts';
import { checkAnswers } from './same-answers.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import type { ServerName, Servers } from './servers.ts';
import type { TokenSigner } from './tokens.ts';

/** One measurement. */
export interface Sample {
  readonly perSecond: number;
  /** Microseconds of the server's processor time, user and system, for each request. */
  readonly cpu: number;
  /** Part of the time in which the server had a processor; under 1 the client or another process held it up. */
  readonly busy: number;
}

/** All samples of a scenario, by server, one for each round. */
export type Samples = ReadonlyMap<Scenario, ReadonlyMap<ServerName, readonly Sample[]>>;

/** How much is measured. */
export interface Extent {
  readonly rounds: number;
  /** For one sample. */
  readonly seconds: number;
  readonly connections: number;
  /** Scenarios whose name holds it. */
  readonly only: string;
}

const serversOf = (scenario: Scenario, { running }: Servers): readonly ServerName[] =>
  [...running.keys()].filter(
    (name) =>
      !(name.startsWith('bare') && scenario.withoutBare === true) &&
      !(name.endsWith('TLS') && scenario.overTls !== true),
  );

/** Measures in rounds: in each one, every scenario on every server, in an order that turns; a first round only warms up. */
export const measure = async (
  servers: Servers,
  client: ClientProcess,
  signer: TokenSigner,
  extent: Extent,
): Promise<Samples> => {
  const chosen = scenarios.filter(({ name }) => name.includes(extent.only));
  const samples = new Map(chosen.map((scenario) => [scenario, new Map<ServerName, Sample[]>()]));
  for (let round = 0; round <= extent.rounds; round += 1)
    for (const [scenario, byServer] of samples) {
      const { algorithm = 'ES256', count = 0 } = scenario.tokens ?? {};
      const tokens = signer.tokens(algorithm, count);
      const names = serversOf(scenario, servers);
      for (const [index] of names.entries()) {
        const name = names[(index + round) % names.length];
        const server = name === undefined ? undefined : servers.running.get(name);
        if (name === undefined || server === undefined) continue;
        const { origin } = server;
        if (round === 0) await checkAnswers(name, origin, scenario, tokens[0], !name.startsWith('bare'));
        const { path, method, body, status } = scenario;
        const { connections } = extent;
        const seconds = round === 0 ? 1 : extent.seconds;
        const [before, began] = [server.cpuSeconds(), performance.now()];
        const load = await client.work({ origin, path, method, tokens, body, connections, seconds });
        const [used, took] = [server.cpuSeconds() - before, (performance.now() - began) / 1000];
        if (load.failures > 0 || load.answers[status] !== load.total || load.total === 0)
          throw new Error(`${name}, ${scenario.name}: ${load.failures} failures, ${JSON.stringify(load.answers)}`);
        if (round > 0) {
          const sample = { perSecond: load.perSecond, cpu: (used / load.total) * 1e6, busy: used / took };
          byServer.set(name, [...(byServer.get(name) ?? []), sample]);
        }
        // What a server still does for the last one is not counted for the next one.
        await setTimeout(50);
      }
    }
  return samples;
};
