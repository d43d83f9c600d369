import { generateKeyPairSync } from 'node:crypto';
import type { IssuerOptions } from '@palisade/fastify-guard';
import type { HardenedConfiguration } from '../configuration.ts';

/** A key whose private half nobody keeps: no token is good until an issuer is there. */
const nobodysKey = (): string =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).publicKey;

/** Whose tokens are accepted: those of the issuer that the configuration names. */
export const issuerOf = ({ origin, outsideIssuer }: HardenedConfiguration): IssuerOptions => ({
  issuer: outsideIssuer ?? origin,
  audience: origin,
  algorithms: outsideIssuer === undefined ? ['ES256'] : ['ES256', 'RS256', 'PS256', 'EdDSA'],
  keys: outsideIssuer === undefined ? { local: [{ id: 'nobody', key: nobodysKey() }] } : { discover: true },
});
