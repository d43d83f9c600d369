import { Secret } from '@palisade/vault/secret';
import * as z from 'zod';
import type { Address } from '../connection/login.ts';

/** A path that does not depend on where the service was started. */
export const absolutePath = z.string().startsWith('/', 'has to be an absolute path');
/** A TCP port. */
export const port = z.coerce.number('has to be a port number').int('has to be a port number').min(1).max(65_535);
/** A path below the KV mount. */
export const secretPath = z
  .string()
  .regex(/^[\w-]+(\/[\w-]+)*$/u, 'has to be a path below the KV mount, for example postgres/reference-api');
/** Seconds, up to an hour; gives milliseconds. */
export const seconds = (fallback: number): z.ZodType<number> =>
  z.coerce
    .number()
    .positive()
    .max(3600)
    .default(fallback)
    .transform((value) => value * 1000);
/** An address of one of these protocols. */
export const url = (...protocols: string[]): z.ZodType<string> =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `has to be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });
/** A switch that is off where it is absent. */
export const trueOrFalse = z
  .enum(['true', 'false'], 'has to be true or false')
  .default('false')
  .transform((text) => text === 'true');
/** A number of things, one where it is absent. */
export const count = z.coerce
  .number('has to be a number from 1 to 100')
  .int('has to be a number from 1 to 100')
  .min(1)
  .max(100)
  .default(1);
/** `host:port`. */
export const hostAndPort = z
  .string()
  .regex(/^[\w.-]+:\d{1,5}$/u, 'has to be host:port')
  .transform((text): Address => {
    const [host = '', digits = ''] = text.split(':');
    return { host, port: Number(digits) };
  });

/** Several of them, with commas. */
export const addresses = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(hostAndPort).min(1));

/** A list of connection strings, all of them of one protocol. */
export const urls = (protocol: string): z.ZodType<readonly Secret[] | undefined> =>
  z
    .string()
    .refine((text) => text.split(',').every((each) => url(protocol).safeParse(each).success), {
      error: `has to be a URL, or several with commas, that begin with ${protocol}//`,
    })
    .transform((text): readonly Secret[] => text.split(',').map((each) => new Secret(each)))
    .optional();

/** Of certificates: `DNS:gateway`, several with commas. */
export const proxyNames = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.templateLiteral([z.enum(['DNS', 'URI']), ':', z.string().regex(/^[^\s*]+$/u)])).min(1))
  .optional();
