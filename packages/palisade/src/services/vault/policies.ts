import { parseHcl } from './hcl/parse-hcl.ts';
import { parseJson } from './hcl/parse-json.ts';
import { asText, blocksOf, entryOf } from './hcl/read.ts';
import { type Body, type Position, SyntaxFault } from './hcl/syntax.ts';

/** One grant of a policy. */
export interface Grant {
  readonly path: string;
  readonly capabilities: readonly string[];
  readonly at: Position;
}

/** Capabilities behind the older `policy = "write"`. Source: Vault's documentation of policies before 0.5. */
const legacy: Readonly<Record<string, readonly string[]>> = {
  deny: ['deny'],
  read: ['read', 'list'],
  write: ['create', 'read', 'update', 'delete', 'list'],
  sudo: ['create', 'read', 'update', 'delete', 'list', 'sudo'],
};

const capabilitiesOf = (body: Body, at: Position): readonly string[] => {
  const list = entryOf(body, 'capabilities');
  const old = entryOf(body, 'policy');
  const words = old === undefined ? [] : legacy[asText(old.value) ?? ''];
  if (words === undefined) throw new SyntaxFault('unknown word for the policy of a path', at);
  if (list === undefined) return words;
  if (list.value.kind !== 'list') throw new SyntaxFault('the capabilities of a path are no list', list.at);
  return [
    ...words,
    ...list.value.items.map((item) => {
      if (item.kind !== 'string') throw new SyntaxFault('a capability is no text', item.at);
      return item.text;
    }),
  ];
};

/** Reads the grants of a policy, in HCL or JSON. Throws a `SyntaxFault` where it is neither. */
export const readPolicy = (text: string): readonly Grant[] =>
  blocksOf(text.trimStart().startsWith('{') ? parseJson(text) : parseHcl(text), 'path', 1).map(
    ({ labels, body, at }) => ({ path: labels[0] ?? '', capabilities: capabilitiesOf(body, at), at }),
  );

/**
 * Paths with a wildcard that belong to the caller alone, or give nothing away: a token's own cubbyhole and the built-in
 * policy `default`'s public parts.
 */
const harmless = new Set(['cubbyhole/*', 'identity/oidc/provider/+/authorize', 'sys/tools/hash/*']);

/** Why a grant is too wide, as the end of a sentence; undefined where it names one exact path and no privilege. */
export const excessOf = ({ path, capabilities }: Grant): string | undefined => {
  const given = capabilities.filter((capability) => capability !== 'deny');
  if (given.length === 0 || capabilities.includes('deny')) return undefined;
  const wide = path.endsWith('*') || path.split('/').includes('+');
  // Some paths, sys/audit among them, can only be read with sudo; reading one exact path changes nothing.
  const harmlessSudo = !wide && given.every((capability) => ['sudo', 'read', 'list'].includes(capability));
  if ((given.includes('sudo') && !harmlessSudo) || given.includes('root')) return `grants sudo on ${path}`;
  return wide && !harmless.has(path) ? `grants ${given.join(', ')} on ${path}, which is more than one path` : undefined;
};
