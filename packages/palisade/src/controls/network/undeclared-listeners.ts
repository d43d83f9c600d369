import type { Control, Observation } from '../../contracts/control.ts';
import type { Evidence } from '../../contracts/evidence.ts';
import type { Stack } from '../../contracts/stack.ts';
import { cisDocker } from '../references.ts';

const addressed = (address: string, port: number): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

function* observe(stack: Stack, evidence: Evidence<'listeners'>): Generator<Observation> {
  for (const [name, answer] of evidence.of('listeners')) {
    if (!stack.services.has(name)) continue;
    const resource = { type: 'service', name } as const;
    if (!answer.known) {
      yield { outcome: 'unknown', resource, message: answer.why };
      continue;
    }
    const undeclared = answer.value.listeners.filter(({ declared }) => !declared);
    for (const { address, port } of undeclared)
      yield {
        outcome: 'fail',
        resource,
        message: `${name} listens on ${addressed(address, port)}, which the project does not declare`,
        key: addressed(address, port),
      };
    if (undeclared.length === 0)
      yield { outcome: 'pass', resource, message: 'listens on nothing but its declared ports' };
  }
}

/** N06: a service listens on the ports that the project declares, and on no other. */
export const control: Control<'listeners'> = {
  id: 'network/undeclared-listeners',
  aliases: ['N06'],
  title: 'Services listen on declared ports only',
  severity: 'medium',
  rationale:
    'A listener that nobody declared is one that nobody guards: a debug port, a clustering port with a default secret, or what an intruder left.',
  fix: 'Switch the listener off in the configuration of the service, or declare the port that it needs.',
  references: [cisDocker('5.9')],
  checklist: ['firewall'],
  live: { needs: ['listeners'], assess: observe },
};
