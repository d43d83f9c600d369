import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kinds } from '../catalog.generated.ts';
import type { Evidence, EvidenceName, NotContained } from '../contracts/evidence.ts';
import type { Runtime } from '../contracts/runtime.ts';
import type { Probe, ProbeTarget } from '../contracts/service-kind.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { collectEvidence } from '../engine/index.ts';
import { listenerEvidence } from '../runtime/listeners.ts';
import { type ClientIdentities, openClientIdentities } from './client-identities.ts';
import type { JobContext } from './context.ts';
import { openRuntime } from './open-runtime.ts';
import { operatorToken } from './operator-token.ts';

/** What probes may use beside the stack and its runtime. */
export interface LiveOptions {
  readonly runtime?: Runtime;
  readonly formerCredentials?: ProbeTarget['formerCredentials'];
  readonly vaultToken?: ProbeTarget['vaultToken'];
}

/** Milliseconds for one probe. */
const PROBE = 30_000;

const readIfPresent = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** A client identity of the stack with which a service can be called: that of its first consumer, else its own. */
const clientIdentityOf = (stack: Stack, service: Service, identities: ClientIdentities): string | undefined => {
  const consumers = stack.edges.filter(({ to }) => to === service.name).map(({ from }) => from);
  return [...consumers, service.name].map(identities.of).find((directory) => directory !== undefined);
};

/** The listeners of services that are processes of this host; those of services that run elsewhere are not looked at. */
const listenerProbe = async (runtime: Runtime): Promise<Probe<'listeners'>> => {
  const listeners = runtime.kind === 'process' ? await listenerEvidence(runtime) : undefined;
  return {
    evidence: 'listeners',
    collect: ({ service }) => {
      const answer = listeners?.get(service.name);
      return answer?.known === true
        ? Promise.resolve(answer.value)
        : Promise.reject(new Error(answer?.why ?? 'the listeners of services that run elsewhere are not looked at'));
    },
  };
};

/** Probes of a runtime that has no containers to look into: nothing that is asked of a container applies. */
const withoutContainers = (runtime: Runtime): readonly Probe[] => {
  const none: NotContained = {
    contained: false,
    why:
      runtime.kind === 'process'
        ? 'runs as a process of this host, without a container'
        : 'runs elsewhere, where its container is not looked at',
  };
  const container: Probe<'container'> = { evidence: 'container', collect: () => Promise.resolve(none) };
  const reachability: Probe<'reachability'> = { evidence: 'reachability', collect: () => Promise.resolve(none) };
  return [container, reachability];
};

/** Asks every active service of the stack, each probe within its bound. */
export const collectLiveEvidence = async (
  stack: Stack,
  context: JobContext,
  options: LiveOptions = {},
): Promise<Evidence<EvidenceName>> => {
  const runtime = options.runtime ?? openRuntime(stack, context);
  const status = new Map((await runtime.status()).map((entry) => [entry.service, entry]));
  const authorities = readIfPresent(join(stack.directory, 'certs', 'ca', 'ca.pem'));

  const stopped = (service: Service): string | undefined => {
    const found = status.get(service.name);
    return found === undefined || found.state === 'running'
      ? undefined
      : `${service.name} is ${found.state}${found.detail === undefined ? '' : `: ${found.detail}`}`;
  };
  const ofRuntime = runtime.probes?.() ?? [await listenerProbe(runtime)];
  const always = runtime.probes === undefined ? withoutContainers(runtime) : [];
  const probes = (service: Service): readonly Probe[] => {
    const why = stopped(service);
    const ofKind = kinds.find(({ id }) => id === service.kind)?.probes ?? [];
    // A service that does not run is not asked: that it refuses everything would read as a pass.
    const asked = [...ofKind, ...ofRuntime].map((probe): Probe =>
      why === undefined ? probe : { evidence: probe.evidence, collect: () => Promise.reject(new Error(why)) },
    );
    return [...asked, ...always];
  };
  const identities = await openClientIdentities(stack, runtime, context.signal);
  const target = (service: Service): ProbeTarget => {
    const clientIdentity = clientIdentityOf(stack, service, identities);
    return {
      stack,
      service,
      endpoint: (containerPort) => runtime.endpoint(service.name, containerPort),
      ...(authorities === undefined ? {} : { authorities }),
      ...(clientIdentity === undefined ? {} : { clientIdentity }),
      ...(runtime.kind === 'process' || runtime.probes !== undefined
        ? { exec: (command, input, signal) => runtime.exec(service.name, command, { input, signal }) }
        : {}),
      ...(options.formerCredentials === undefined ? {} : { formerCredentials: options.formerCredentials }),
      ...(options.vaultToken === undefined ? {} : { vaultToken: options.vaultToken }),
    };
  };
  try {
    return await collectEvidence({ stack, probes, target, signal: context.signal, concurrency: 4, timeout: PROBE });
  } finally {
    await identities.close();
  }
};

/** The same with a token of the operator, where the stack was bootstrapped; the token is revoked at the end. */
export const collectAsOperator = async (
  stack: Stack,
  context: JobContext,
  options: Omit<LiveOptions, 'vaultToken'> = {},
): Promise<Evidence<EvidenceName>> => {
  const runtime = options.runtime ?? openRuntime(stack, context);
  const token = operatorToken(stack, runtime, context);
  try {
    return await collectLiveEvidence(stack, context, { ...options, runtime, vaultToken: token.read });
  } finally {
    await token.close();
  }
};
