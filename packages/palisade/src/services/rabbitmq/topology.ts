import * as z from 'zod';
import type { Service, Stack } from '../../contracts/stack.ts';
import { hostPathOf, mountedFile } from '../../model/queries.ts';
import { settingsOf } from './posture.ts';

/** What of a file of definitions is no account: it may stay. */
const topology = z.object({
  vhosts: z.array(z.unknown()).default([]),
  parameters: z.array(z.unknown()).default([]),
  policies: z.array(z.unknown()).default([]),
  queues: z.array(z.unknown()).default([]),
  exchanges: z.array(z.unknown()).default([]),
  bindings: z.array(z.unknown()).default([]),
});

type Topology = z.output<typeof topology>;

const nothing: Topology = topology.parse({});

/** The definitions that a service loads at its start; undefined where they cannot be read. */
const definitionsOf = (stack: Stack, service: Service): Topology | undefined => {
  const setting = settingsOf(stack, service);
  for (const name of ['load_definitions', 'management.load_definitions', 'definitions.local.path']) {
    const found = setting(name);
    if (found.state === 'unknown') return undefined;
    if (found.state === 'default') continue;
    if (hostPathOf(stack, service, found.value) === undefined) return undefined;
    try {
      return topology.parse(JSON.parse(mountedFile(stack, service, found.value)?.text ?? ''));
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
