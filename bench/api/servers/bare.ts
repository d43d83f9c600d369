// Bare Fastify: the routes and nothing else. Arguments: the settings' file, the port, `tls` or `plain`.
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { readSettings } from '../settings.ts';
import { addRoutes } from './routes.ts';

const [file = '', port = '', transport = 'plain'] = process.argv.slice(2);
const settings = readSettings(file);
const tls = {
  cert: readFileSync(settings.certificateFile),
  key: readFileSync(settings.certificateKeyFile),
  minVersion: 'TLSv1.3',
} as const;
const app = transport === 'tls' ? Fastify({ https: tls }) : Fastify();
addRoutes(app, {}, () => 'u-17');
await app.listen({ host: '127.0.0.1', port: Number(port) });
