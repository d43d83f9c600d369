import { isDeepStrictEqual } from 'node:util';
import type { AppRole } from '@palisade/vault';
import { error } from './errors.ts';
import {
  type PolicyRule,
  operatorRole,
  operatorRules,
  policyName,
  readersOf,
  renderPolicy,
  serviceRules,
} from './policy.ts';
import type { BootstrapGoal, Step } from './step.ts';

const hour = 3_600;

/** Seconds: the life of a secret-id. */
const secretIdTtl = 720 * hour;

/** One AppRole role with its policy. */
interface Access {
  readonly role: string;
  readonly rules: readonly PolicyRule[];
  readonly cidrs: readonly string[];
}

/** An address block as the server gives it back: a block of one address is written as that address. */
const normalised = (cidrs: readonly string[]): readonly string[] =>
  cidrs.map((cidr) => cidr.replace(cidr.includes(':') ? /\/128$/ : /\/32$/, '')).toSorted();

/**
 * Who may log in, to do what, from where: one role for each service that logs in, and one for the operator.
 *
 * @throws `vault-bootstrap/consumer-without-network`, `vault-bootstrap/name-refused`
 */
export const accessOf = (goal: BootstrapGoal): readonly Access[] => [
  ...readersOf(goal).map((service) => {
    const cidrs = goal.consumers.find((consumer) => consumer.service === service)?.cidrs ?? [];
    if (cidrs.length === 0) throw error('vault-bootstrap/consumer-without-network', { service });
    return { role: service, rules: serviceRules(service, goal), cidrs };
  }),
  {
    role: operatorRole,
    rules: operatorRules(goal, goal.certificates, goal.operatorRules),
    cidrs: goal.operatorCidrs,
  },
];

const appRoleOf = ({ role, cidrs }: Access): AppRole => ({
  policies: [policyName(role)],
  noDefaultPolicy: true,
  tokenTtl: hour,
  tokenMaxTtl: 4 * hour,
  tokenBoundCidrs: cidrs,
  secretIdTtl,
  secretIdUses: 0,
  secretIdBoundCidrs: cidrs,
});

const comparable = (role: AppRole): AppRole => ({
  ...role,
  tokenBoundCidrs: normalised(role.tokenBoundCidrs),
  secretIdBoundCidrs: normalised(role.secretIdBoundCidrs),
});

/** Policies with exact paths. */
export const policies: Step = {
  name: 'policies',
  missing: async ({ goal, call }, client) => {
    const states = await Promise.all(
      accessOf(goal).map(async ({ role, rules }) => {
        const text = renderPolicy(rules);
        return { name: policyName(role), text, right: (await client.sys.readPolicy(policyName(role), call)) === text };
      }),
    );
    return states
      .filter(({ right }) => !right)
      .map(({ name, text }) => ({
        title: `write the policy ${name}`,
        by: 'root',
        run: (root) => root.sys.writePolicy(name, text, call),
      }));
  },
};

/** The authentication method AppRole and its roles, bound to addresses, with short tokens and without the default policy. */
export const appRoles: Step = {
  name: 'AppRole roles',
  missing: async ({ goal, call }, client) => {
    const method = (await client.sys.authMethods(call)).get('approle/');
    if (method === undefined)
      return [{ title: 'enable AppRole', by: 'root', run: (root) => root.sys.enableAuth('approle', 'approle', call) }];
    if (method.type !== 'approle')
      throw error('vault-bootstrap/mount-taken', { path: 'auth/approle', type: method.type });
    const states = await Promise.all(
      accessOf(goal).map(async (access) => {
        const wanted = appRoleOf(access);
        const found = await client.approle().readRole(access.role, call);
        return {
          role: access.role,
          wanted,
          right: found !== undefined && isDeepStrictEqual(comparable(found), comparable(wanted)),
        };
      }),
    );
    return states
      .filter(({ right }) => !right)
      .map(({ role, wanted }) => ({
        title: `write the AppRole role ${role}`,
        by: 'root',
        run: (root) => root.approle().writeRole(role, wanted, call),
      }));
  },
};
