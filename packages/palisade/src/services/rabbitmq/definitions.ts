import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Tags are a list since 3.8, and a text with commas before. */
const tags = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split(',').filter((tag) => tag !== '')),
]);

const definitions = z.object({
  users: z
    .array(
      z.object({
        name: z.string(),
        password_hash: z.string().default(''),
        hashing_algorithm: z.string().optional(),
        tags: tags.default([]),
        limits: z.record(z.string(), z.number()).catch({}).default({}),
      }),
    )
    .default([]),
  vhosts: z.array(z.object({ name: z.string() })).default([]),
  permissions: z
    .array(
      z.object({ user: z.string(), vhost: z.string(), configure: z.string(), write: z.string(), read: z.string() }),
    )
    .default([]),
  parameters: z
    .array(z.object({ component: z.string(), vhost: z.string().default(''), name: z.string(), value: z.unknown() }))
    .default([]),
});

/** Accounts, vhosts, rights and limits, as the server exports them. Hashes of passwords stay with their holder. */
export type Definitions = z.output<typeof definitions>;

/** Reads an export of the server. Throws where it is none. */
export const readDefinitions = (text: string): Definitions =>
  definitions.parse(JSON.parse(text.slice(text.indexOf('{'))));

const limitValues = z.record(z.string(), z.number());

/** The limits of a vhost, by name. */
export const vhostLimits = ({ parameters }: Definitions, vhost: string): Readonly<Record<string, number>> =>
  parameters
    .filter((parameter) => parameter.component === 'vhost-limits' && parameter.vhost === vhost)
    .reduce<Readonly<Record<string, number>>>(
      (all, { value }) => ({ ...all, ...limitValues.catch({}).parse(value) }),
      {},
    );

/** The module by which the server names SHA-256 with a salt. */
export const hashingAlgorithm = 'rabbit_password_hashing_sha256';

const saltLength = 4;

/**
 * The hash that the server keeps of a password: the salt of 32 bits, and the SHA-256 of salt and password, in base64.
 * Source: RabbitMQ documentation, "Credentials and Passwords".
 */
export const hashPassword = (password: string, salt: Uint8Array): string =>
  Buffer.concat([salt, createHash('sha256').update(salt).update(password).digest()]).toString('base64');

/** True where a hash of the server's is that of the password. */
export const isHashOf = (hash: string, password: string): boolean => {
  const bytes = Buffer.from(hash, 'base64');
  return bytes.length === saltLength + 32 && hashPassword(password, bytes.subarray(0, saltLength)) === hash;
};
