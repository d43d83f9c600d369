import type { Configuration } from './configuration.ts';
import { securityHeaders } from './http/headers.ts';
import { hardenedLimits } from './http/limits.ts';
import type { Profile } from './http/server.ts';
import type { CertificateBundle } from './tls/certificates.ts';

/** A laptop: everybody is everybody, everything is told. */
export const developmentProfile = (configuration: Pick<Configuration, 'logLevel'>): Profile => ({
  logLevel: configuration.logLevel,
  authenticate: async () => true,
  revealErrors: true,
  reflectOrigins: true,
  headers: {},
});

/** Production. Nobody can prove who they are yet, so every route that asks for it stays shut. */
export const hardenedProfile = (configuration: Pick<Configuration, 'logLevel'>, tls: CertificateBundle): Profile => ({
  logLevel: configuration.logLevel,
  authenticate: async () => false,
  revealErrors: false,
  reflectOrigins: false,
  headers: securityHeaders,
  limits: hardenedLimits,
  tls,
});
