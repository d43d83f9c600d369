import type { Control, Observation } from '../../../contracts/control.ts';
import type { Answer } from '../../../contracts/evidence.ts';
import type { Stack } from '../../../contracts/stack.ts';
import { serviceResource } from '../../../model/index.ts';
import { known } from '../answers.ts';
import type { HttpEvidence, ServedCertificate, TlsVersion } from '../evidence.ts';
import { harden } from '../harden.ts';
import { judgeAnswers } from '../observe.ts';
import { httpServices, isHardened, isReferenceApi, postureVariable } from '../reference-api.ts';
import { cwe, owaspRest } from '../references.ts';

interface TlsFacts {
  readonly plaintextPorts: readonly number[];
  readonly protocols: readonly TlsVersion[];
  readonly certificate?: ServedCertificate;
}

/** One answer of three: plain text settles the matter, without it the rest has to be known. */
const factsOf = ({ plaintextPorts, protocols, certificate }: HttpEvidence): Answer<TlsFacts> => {
  if (!plaintextPorts.known) return plaintextPorts;
  if (plaintextPorts.value.length > 0) return known({ plaintextPorts: plaintextPorts.value, protocols: [] });
  if (!protocols.known) return protocols;
  if (!certificate.known) return certificate;
  return known({ plaintextPorts: [], protocols: protocols.value, certificate: certificate.value });
};

function* judgeFiles(stack: Stack): Generator<Observation> {
  for (const service of httpServices(stack).filter(isReferenceApi)) {
    const resource = serviceResource(service);
    if (isHardened(service)) {
      yield { outcome: 'pass', resource, message: 'serves HTTPS alone', at: service.at };
      continue;
    }
    yield {
      outcome: 'fail',
      resource,
      key: postureVariable,
      at: service.environment.get(postureVariable)?.at ?? service.at,
      message: `${service.name} serves plain HTTP in this posture`,
      remedy: harden(stack, service),
    };
  }
}

/** HTTP services answer over TLS alone. Of programs other than the reference API only their answers can tell. */
export const control: Control<'http'> = {
  id: 'http-api/tls-only',
  aliases: [],
  title: 'HTTP services answer over TLS only',
  severity: 'high',
  rationale:
    'On plain HTTP every token, cookie and answer can be read and changed by whoever is on the way, inside of the stack’s networks too.',
  fix: 'Serve HTTPS with TLS 1.2 or newer and a certificate of the stack’s authority, and close the plain port.',
  references: [owaspRest, cwe(319)],
  checklist: ['tls-only'],
  static: judgeFiles,
  live: {
    attack: 'speak HTTP without TLS, or with an old version of it',
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(stack, evidence, factsOf, ({ plaintextPorts, protocols, certificate }, name) => {
        const old = protocols.filter((version) => version === 'TLSv1' || version === 'TLSv1.1');
        if (plaintextPorts.length > 0)
          return {
            outcome: 'fail',
            key: 'plaintext',
            message: `${name} answers plain HTTP on port ${plaintextPorts.join(' and ')}`,
          };
        if (old.length > 0)
          return { outcome: 'fail', key: 'version', message: `${name} still speaks ${old.join(' and ')}` };
        if (certificate?.trusted === false)
          return {
            outcome: 'fail',
            key: 'certificate',
            message: `${name} shows a certificate that the stack’s authority did not sign for its name`,
          };
        return { outcome: 'pass', message: `speaks ${protocols.join(' and ')} alone` };
      }),
  },
};
