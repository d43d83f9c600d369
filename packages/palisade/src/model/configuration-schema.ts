import { type Document, isMap, isSeq, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Configuration } from '../contracts/configuration.ts';
import type { Location } from '../contracts/location.ts';
import { positions } from './document.ts';
import { error } from './errors.ts';
import { decode } from './read-text.ts';
import { yamlFault } from './yaml-fault.ts';

const text = z.string().trim().min(1);

const schema = z.strictObject({
  threshold: z.enum(['critical', 'high', 'medium', 'low', 'info']).default('high'),
  services: z.record(text, z.strictObject({ kind: text.optional() }).nullable()).nullish(),
  suppressions: z
    .array(
      z.strictObject({
        control: z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'is not a control id such as postgres/tls-required'),
        resource: text,
        reason: text,
        owner: text,
        expires: z.iso.date('is not a date such as 2031-12-31'),
      }),
    )
    .nullish(),
  recipients: z.array(z.string().regex(/^age1[0-9a-z]+$/, 'is not an age recipient (age1…)')).nullish(),
  unseal: z
    .strictObject({ shares: z.int().min(1).max(255).default(5), threshold: z.int().min(1).max(255).default(3) })
    .refine(({ shares, threshold }) => threshold <= shares, 'wants a threshold that is at most the number of shares')
    .refine(({ shares, threshold }) => shares === 1 || threshold > 1, 'wants a threshold above 1 for several shares')
    .nullish(),
});

/**
 * Parses the bytes of `palisade.yaml`. `kinds` are the ids that a service may be given.
 *
 * @throws `model/configuration-invalid`
 */
export const parseConfiguration = (bytes: Buffer, kinds: readonly string[]): Configuration => {
  const decoded = decode(bytes);
  if (!('text' in decoded))
    throw error('model/configuration-invalid', { reason: `it is ${decoded.found}, not UTF-8 text` });
  const document = parseDocument(decoded.text, { prettyErrors: false, logLevel: 'error' });
  const at = positions('palisade.yaml', decoded.text);
  const fault = document.errors[0];
  if (fault !== undefined) throw invalid(at(fault.pos[0]), yamlFault(fault));
  const place = (path: readonly PropertyKey[]): Location => {
    for (let length = path.length; length > 0; length -= 1) {
      const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
      const last = path[length - 1];
      if (isMap(parent)) {
        const key: unknown = parent.items.find((pair) => String(pair.key) === String(last))?.key;
        const range = rangeOf(key);
        if (range !== undefined) return at(range);
      }
      const item: unknown = isSeq(parent) && typeof last === 'number' ? parent.items[last] : undefined;
      const range = rangeOf(item);
      if (range !== undefined) return at(range);
    }
    return at(0);
  };
  const result = schema.safeParse(plainValue(document) ?? {});
  if (!result.success) {
    const issue = result.error.issues[0];
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    const path = [...(issue?.path ?? []), ...unknown];
    throw invalid(
      place(path),
      `${path.join('.') || 'the file'} ${unknown.length > 0 ? 'is no known key' : sentence(issue?.message ?? 'is not valid')}`,
    );
  }
  const { data } = result;
  for (const [name, service] of Object.entries(data.services ?? {}))
    if (service?.kind !== undefined && !kinds.includes(service.kind))
      throw invalid(place(['services', name, 'kind']), `services.${name}.kind is none of ${kinds.join(', ')}`);
  return {
    threshold: data.threshold,
    services: new Map(
      Object.entries(data.services ?? {}).map(([name, service]) => [
        name,
        service?.kind === undefined ? {} : { kind: service.kind },
      ]),
    ),
    suppressions: (data.suppressions ?? []).map((suppression, index) => ({
      ...suppression,
      at: place(['suppressions', index]),
    })),
    recipients: data.recipients ?? [],
    unseal: data.unseal ?? { shares: 5, threshold: 3 },
  };
};

/** The parser's message about an alias without an anchor holds what stands there, so it is not passed on. */
const plainValue = (document: Document): unknown => {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw error('model/configuration-invalid', { reason: 'an alias (*) names no anchor, or too many values' });
  }
};

const rangeOf = (node: unknown): number | undefined => {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const start: unknown = node.range[0];
  return typeof start === 'number' ? start : undefined;
};

const sentence = (message: string): string =>
  /^(?:is|wants) /.test(message) ? message : `is not valid: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;

const invalid = ({ line }: Location, reason: string): Error =>
  error('model/configuration-invalid', { reason: `line ${line}: ${reason}` });
