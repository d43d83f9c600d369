import type { Change } from '../../contracts/change.ts';
import type { Observation } from '../../contracts/control.ts';
import type { Answer, Evidence } from '../../contracts/evidence.ts';
import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { serviceResource, servicesOfKind } from '../../model/index.ts';
import { loadConfiguration } from './configuration/load.ts';
import { type VirtualServer, serversOf } from './configuration/servers.ts';
import type { NginxEvidence } from './evidence.ts';
import { harden, whyNotHardened } from './harden.ts';

/** What a control makes of one server. */
export type Verdict =
  | {
      readonly outcome: 'pass' | 'unknown' | 'not-applicable';
      readonly message: string;
      readonly at?: Location;
      readonly key?: never;
    }
  | { readonly outcome: 'fail'; readonly message: string; readonly at?: Location; readonly key: string };

/** The hardened posture; where the configuration cannot be taken over, the lines that a person adds. */
const remedyFor = (stack: Stack, service: Service, lines: string): readonly Change[] => {
  const changes = harden(stack, service);
  if (changes.length > 0) return changes;
  const why = whyNotHardened(stack, service);
  return [
    {
      kind: 'manual',
      instructions: `Change the configuration of ${service.name} by hand${why === undefined ? '' : `, because ${why}`}: ${lines}`,
    },
  ];
};

const observed = (stack: Stack, service: Service, verdict: Verdict, lines: string): Observation =>
  verdict.outcome === 'fail'
    ? { ...verdict, resource: serviceResource(service), remedy: remedyFor(stack, service, lines) }
    : { ...verdict, resource: serviceResource(service) };

/** Asks the configuration of every nginx. `lines` is what to write, for configurations that are not taken over. */
export const askFiles = (
  lines: string,
  judge: (servers: readonly VirtualServer[], service: Service, stack: Stack) => Iterable<Verdict>,
) =>
  function* observe(stack: Stack): Generator<Observation> {
    for (const service of servicesOfKind(stack, 'nginx')) {
      const configuration = loadConfiguration(stack, service);
      if (configuration.state === 'unknown') {
        const { why, at } = configuration;
        yield { outcome: 'unknown', resource: serviceResource(service), message: why, at };
        continue;
      }
      for (const verdict of judge(serversOf(configuration.directives), service, stack))
        yield observed(stack, service, { at: service.at, ...verdict }, lines);
    }
  };

/** Asks one fact of every nginx that was probed; what is not known is an unknown with its reason. */
export const askServers = <T>(
  fact: (evidence: NginxEvidence) => Answer<T>,
  judge: (value: T, service: Service) => Verdict,
) =>
  function* observe(stack: Stack, evidence: Evidence<'nginx'>): Generator<Observation> {
    for (const [name, answer] of evidence.of('nginx')) {
      const service = stack.services.get(name);
      const found = answer.known ? fact(answer.value) : answer;
      if (!found.known) yield { outcome: 'unknown', resource: serviceResource({ name }), message: found.why };
      else if (service !== undefined) {
        const verdict = judge(found.value, service);
        const remedy = verdict.outcome === 'fail' ? harden(stack, service) : [];
        yield { ...verdict, resource: serviceResource({ name }), ...(remedy.length === 0 ? {} : { remedy }) };
      }
    }
  };

/** One failure for each directive or block at fault, else the pass. */
export function* faultsOr(
  faults: readonly { readonly at: Location; readonly key: string; readonly message: string }[],
  sound: string,
): Generator<Verdict> {
  for (const fault of faults) yield { outcome: 'fail', ...fault };
  if (faults.length === 0) yield { outcome: 'pass', message: sound };
}
