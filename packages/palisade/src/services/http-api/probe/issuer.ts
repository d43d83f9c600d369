import * as z from 'zod';
import type { Service } from '../../../contracts/stack.ts';
import type { KnownIssuer } from './forge.ts';
import { askOne, isSuccess } from './reply.ts';
import type { Origin } from './request.ts';

/** Where issuers describe themselves. Source: RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4. */
const descriptions = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
/** Where keys usually are that nothing describes. */
const keySets = ['/.well-known/jwks.json', '/oauth/jwks', '/jwks'];

const metadata = z.object({ issuer: z.string(), jwks_uri: z.string().optional() });
const keySet = z.object({
  keys: z.array(
    z.looseObject({
      kty: z.string(),
      kid: z.string().optional(),
      alg: z.string().optional(),
      use: z.string().optional(),
    }),
  ),
});

const read = async <T>(
  origin: Origin,
  path: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T | undefined> => {
  const reply = await askOne(origin, { path }, signal);
  if (reply === undefined || !isSuccess(reply.status)) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(reply.body));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // A page that is no JSON.
    return undefined;
  }
};

/**
 * What the service itself tells of the issuer of its tokens. Only the service is asked: an address of another host in its
 * description is not followed.
 */
export const findIssuer = async (origin: Origin, service: Service, signal: AbortSignal): Promise<KnownIssuer> => {
  let issuer = service.environment.get('OIDC_ISSUER')?.value ?? `https://${service.name}`;
  const paths = [...keySets];
  for (const path of descriptions) {
    const found = await read(origin, path, metadata, signal);
    if (found === undefined) continue;
    issuer = found.issuer;
    const [own, keys] = [URL.parse(found.issuer), URL.parse(found.jwks_uri ?? '')];
    if (keys !== null && keys.host === own?.host) paths.unshift(keys.pathname);
    break;
  }
  for (const path of new Set(paths)) {
    const found = await read(origin, path, keySet, signal);
    const key = found?.keys.find(({ kty, use }) => (kty === 'RSA' || kty === 'EC' || kty === 'OKP') && use !== 'enc');
    if (key !== undefined) return { issuer, key };
  }
  return { issuer };
};
