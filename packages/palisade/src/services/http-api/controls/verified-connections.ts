import type { Control, Observation } from '../../../contracts/control.ts';
import type { Location } from '../../../contracts/location.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { serviceResource } from '../../../model/index.ts';
import { remedyFor } from '../observe.ts';
import { cwe, libpqSsl } from '../references.ts';
import { weakTlsIn, weakTlsOf } from '../weak-tls.ts';

interface Fault {
  readonly message: string;
  readonly key: string;
  readonly at: Location;
}

function* faultsOf({ name, environment, command, entrypoint }: Service): Generator<Fault> {
  for (const [variable, { value, at }] of environment) {
    const weakness = weakTlsOf(variable, value ?? '');
    if (weakness !== undefined) yield { key: variable, at, message: `${name} ${weakness} (${variable})` };
  }
  for (const words of [entrypoint, command]) {
    const weakness = words === undefined ? undefined : weakTlsIn(words.value.join(' '));
    if (words !== undefined && weakness !== undefined)
      yield { key: 'command', at: words.at, message: `${name} ${weakness} (in its command)` };
  }
}

function* judge(stack: Stack, service: Service): Generator<Observation> {
  const resource = serviceResource(service);
  const faults = [...faultsOf(service)];
  for (const fault of faults)
    yield {
      outcome: 'fail',
      resource,
      ...fault,
      // What belongs to another kind of service is that kind's to harden.
      ...(service.kind === 'http-api' || service.kind === 'unknown'
        ? {
            remedy: remedyFor(
              stack,
              service,
              `Let ${service.name} verify whom it talks to: TLS with the authority of the stack and the name of the server, sslmode=verify-full for PostgreSQL. How it is told so, its driver decides.`,
            ),
          }
        : {}),
    };
  if (faults.length === 0) yield { outcome: 'pass', resource, message: 'switches off no verification', at: service.at };
}

/** A06: no client gives up TLS or its verification. */
export const control: Control = {
  id: 'http-api/verified-connections',
  aliases: ['A06'],
  title: 'Connections to other services are verified',
  severity: 'high',
  rationale:
    'A client that takes any certificate, or none, talks to whoever stands in between: its password and every row go there. Encryption without verification keeps out only those who do no more than listen.',
  fix: 'Use sslmode=verify-full, or what the driver calls it, with the authority of the stack; remove switches that turn verification off.',
  references: [libpqSsl, cwe(295), cwe(319)],
  checklist: ['tls-only'],
  *static(stack) {
    for (const service of stack.services.values()) yield* judge(stack, service);
  },
};
