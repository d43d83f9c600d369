// The routes behind the guard, everything on that it offers a JSON service. Arguments: the settings' file, the port, `tls` or `plain`.
import { readFileSync } from 'node:fs';
import { openAuditLog } from '@palisade/audit';
import { createGuard, requireIdentity } from '@palisade/fastify-guard';
import { Secret } from '@palisade/vault/secret';
import Fastify from 'fastify';
import { readSettings } from '../settings.ts';
import { addRoutes } from './routes.ts';

const [file = '', port = '', transport = 'plain'] = process.argv.slice(2);
const { issuer, audience, keys, ...settings } = readSettings(file);
/** So high that no run reaches it: counting is what is measured. */
const unreached = '100000000/hour' as const;

const sink = await openAuditLog({ directory: `${settings.auditDirectory}/${transport}` });
const guard = createGuard({
  roles: { admin: ['user'], user: [] },
  tokens: { issuers: [{ issuer, audience, algorithms: ['ES256', 'EdDSA'], keys: { local: keys } }] },
  limits: { everywhere: [{ per: 'address', rates: [unreached] }] },
  cors: { origins: ['https://app.example'] },
  audit: { sink },
  ...(transport === 'tls'
    ? {
        tls: {
          certificate: readFileSync(settings.certificateFile, 'utf8'),
          key: new Secret(readFileSync(settings.certificateKeyFile, 'utf8')),
        },
      }
    : {}),
});
const app = Fastify({ ...guard.fastify });
await app.register(guard.plugin);
addRoutes(
  app,
  {
    '/public': 'public',
    '/me': 'authenticated',
    '/limited': { access: 'authenticated', limits: [{ per: 'subject', rates: [unreached] }] },
    '/admin': { roles: ['admin'] },
    '/exhausted': { access: 'public', limits: [{ per: 'address', rates: ['10/hour'] }] },
    '/notes': { roles: ['user'] },
    '/users': { roles: ['admin'], audit: 'user.delete' },
  },
  (request) => requireIdentity(request).subject,
);
await app.listen({ host: '127.0.0.1', port: Number(port) });
// An end of its own accord, at which a profiler writes what it saw.
process.once('SIGTERM', () => {
  void app
    .close()
    .then(() => sink.close())
    .finally(() => process.exit());
});
