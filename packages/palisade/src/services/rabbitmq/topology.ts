import type { Service, Stack } from '../../contracts/stack.ts';
import { hostPathOf, mountedFile } from '../../model/queries.ts';
import { settingsOf } from './posture.ts';

/** What of a file of definitions is no account: it may stay. */
const parts = ['vhosts', 'parameters', 'policies', 'queues', 'exchanges', 'bindings'] as const;

type Topology = Readonly<Record<(typeof parts)[number], readonly unknown[]>>;

const nothing: Topology = { vhosts: [], parameters: [], policies: [], queues: [], exchanges: [], bindings: [] };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads definitions; undefined where a part is no list. */
const readTopology = (text: string): Topology | undefined => {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed)) return undefined;
  let found = nothing;
  for (const part of parts) {
    const value = parsed[part] ?? [];
    if (!Array.isArray(value)) return undefined;
    found = { ...found, [part]: value };
  }
  return found;
};

/** The definitions that a service loads at its start; undefined where they cannot be read. */
const definitionsOf = (stack: Stack, service: Service): Topology | undefined => {
  const setting = settingsOf(stack, service);
  for (const name of ['load_definitions', 'management.load_definitions', 'definitions.local.path']) {
    const found = setting(name);
    if (found.state === 'unknown') return undefined;
    if (found.state === 'default') continue;
    if (hostPathOf(stack, service, found.value) === undefined) return undefined;
    try {
      return readTopology(mountedFile(stack, service, found.value)?.text ?? '');
    } catch {
      return undefined;
    }
  }
  return nothing;
};

/** True where what a service loads at its start can be read, or where it loads nothing. */
export const isTopologyKnown = (stack: Stack, service: Service): boolean => definitionsOf(stack, service) !== undefined;

/**
 * The definitions of the hardened posture: vhosts, queues, exchanges and policies of the user's, and nobody's account. Users
 * and their rights are made inside of the running server, with passwords from Vault.
 */
export const renderDefinitions = (stack: Stack, service: Service): string => {
  const { vhosts, parameters, policies, queues, exchanges, bindings } = definitionsOf(stack, service) ?? nothing;
  return `${JSON.stringify({ users: [], permissions: [], vhosts, parameters, policies, queues, exchanges, bindings }, undefined, 2)}\n`;
};
