import type { Control, Observation } from '../../../contracts/control.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { consumerRemedy, isConsumer } from '../consumers.ts';
import '../evidence.ts';
import { asBoolean, entryOf } from '../hcl/read.ts';
import { type PlacedBlock, tcpListeners } from '../configuration.ts';
import { type Verdict, fail, judgeAnswers, judgeServers, serviceNamed } from '../observe.ts';
import { productionHardening, tcpListener } from '../references.ts';

const judgeListener = (service: string, { body, place, locate }: PlacedBlock): Verdict | undefined => {
  const switchedOff = entryOf(body, 'tls_disable');
  const off = switchedOff === undefined ? false : asBoolean(switchedOff.value);
  if (switchedOff !== undefined && off === undefined)
    return { outcome: 'unknown', message: 'tls_disable is neither true nor false', at: locate(switchedOff.at) };
  if (switchedOff !== undefined && off === true)
    return fail(`${service} listens without TLS`, locate(switchedOff.at), 'listener');
  return entryOf(body, 'tls_cert_file') === undefined || entryOf(body, 'tls_key_file') === undefined
    ? fail(`${service} has a listener without a certificate`, place, 'listener')
    : undefined;
};

const clientVariables = ['VAULT_ADDR', 'BAO_ADDR'] as const;
const skipVariables = ['VAULT_SKIP_VERIFY', 'BAO_SKIP_VERIFY'] as const;

/** What a consumer's environment says of the way to Vault. */
const judgeConsumer = (service: Service): { readonly message: string; readonly variable: string } | undefined => {
  for (const variable of clientVariables)
    if (/^http:/i.test(service.environment.get(variable)?.value ?? ''))
      return { variable, message: `${service.name} talks to Vault without TLS` };
  for (const variable of skipVariables)
    if (/^(?:1|t|true)$/i.test(service.environment.get(variable)?.value ?? ''))
      return { variable, message: `${service.name} does not verify the certificate of Vault` };
  return undefined;
};

function* judgeConsumers(stack: Stack): Generator<Observation> {
  for (const service of stack.services.values()) {
    if (service.kind === 'vault' || !isConsumer(stack, service)) continue;
    const resource = serviceNamed(service.name);
    const found = judgeConsumer(service);
    if (found === undefined) {
      yield { outcome: 'pass', resource, message: 'talks to Vault over verified TLS, or not by its environment' };
      continue;
    }
    const remedy = consumerRemedy(stack, service);
    yield {
      outcome: 'fail',
      resource,
      message: found.message,
      key: found.variable,
      at: service.environment.get(found.variable)?.at ?? service.at,
      ...(remedy.length === 0 ? {} : { remedy }),
    };
  }
}

/** V02: Vault is reached over TLS alone, and its clients verify it. */
export const control: Control<'vault'> = {
  id: 'vault/tls-required',
  aliases: ['V02'],
  title: 'Vault answers over TLS only',
  severity: 'critical',
  rationale:
    'Without TLS every token and every secret crosses the network readable, and anybody in between can answer in place of Vault. One captured token is enough to read what its service may read.',
  fix: 'Give every listener tls_cert_file and tls_key_file, remove tls_disable, and give the clients https addresses and VAULT_CACERT.',
  references: [productionHardening, tcpListener],
  checklist: ['tls-only'],
  *static(stack) {
    yield* judgeServers(stack, {
      *development({ name }, { at, tls }) {
        if (tls) yield { outcome: 'pass', message: 'listens with a certificate of its own making', at };
        else yield fail(`${name} is a development server, which listens without TLS`, at, 'listener');
      },
      *configured({ name, at }, documents) {
        const listeners = tcpListeners(documents);
        const verdicts = listeners.flatMap((listener) => judgeListener(name, listener) ?? []);
        yield* verdicts;
        if (listeners.length === 0)
          yield { outcome: 'unknown', message: 'the configuration that was found has no TCP listener', at };
        else if (verdicts.length === 0) yield { outcome: 'pass', message: 'every listener has TLS', at };
      },
    });
    yield* judgeConsumers(stack);
  },
  live: {
    attack: 'talk to the API without TLS',
    needs: ['vault'],
    assess: (stack, evidence) =>
      judgeAnswers(
        evidence,
        ({ plaintext }) => plaintext,
        (open, name) =>
          open
            ? { outcome: 'fail', key: 'listener', message: `${name} answers plain HTTP` }
            : { outcome: 'pass', message: 'refuses plain HTTP' },
        stack,
      ),
  },
};
