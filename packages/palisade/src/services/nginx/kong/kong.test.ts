import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import { loadStack } from '../../../model/index.ts';
import { PalisadeError } from '../../../support/errors.ts';
import { kind } from '../index.ts';
import { parse } from '../syntax/parse.ts';
import { type KongFile, renderKong } from './index.ts';
import { type KongRoutes, kongRoutesOf } from './routes.ts';
import { kongSchema } from './testing/schema.ts';

const compose = `name: shop
services:
  edge:
    image: nginx:1.30
    ports: ["80:80"]
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
  api:
    image: example/api:1
    environment: { REFERENCE_API_POSTURE: development }
`;

const configuration = (inner: string, http = ''): string =>
  `events {}\nhttp {\n${http}\nserver { listen 80; server_name shop.example;\n${inner}\n}\n}\n`;

const exported = async (nginx: string, file: KongFile = 'kong', text = compose, service?: string): Promise<string> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-kong-'));
  try {
    writeFileSync(join(directory, 'compose.yaml'), text);
    writeFileSync(join(directory, 'nginx.conf'), nginx);
    return renderKong(await loadStack({ directory, kinds: [kind], environment: {} }), file, service);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const stack = await (async () => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-kong-'));
  try {
    writeFileSync(join(directory, 'compose.yaml'), compose);
    return await loadStack({ directory, kinds: [kind], environment: {} });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
})();

const routesOf = (inner: string): KongRoutes => {
  const edge = stack.services.get('edge');
  const parsed = parse(configuration(inner), 'nginx.conf');
  assert.ok(edge !== undefined && parsed.fault === undefined);
  return kongRoutesOf(edge, parsed.directives);
};

const pass = 'proxy_pass https://api:8443;';

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(kongSchema);

const assertValid = (text: string): void => {
  const ok = validate(parseYaml(text));
  assert.equal(ok, true, JSON.stringify(validate.errors, null, 2));
};

test('the declaration of a development gateway is the one of its hardened posture, and fits the schema', async () => {
  const text = await exported(configuration('location /api/ { proxy_pass http://api:8000; }'));
  assertValid(text);
  const document: unknown = parseYaml(text);
  assert.partialDeepStrictEqual(document, {
    services: [{ name: 'edge-api', protocol: 'https', host: 'api', port: 8443, tls_verify: true, tls_verify_depth: 2 }],
    routes: [{ hosts: ['shop.example', 'localhost', 'edge'], paths: ['/api/'], protocols: ['https'] }],
    plugins: [{ name: 'correlation-id' }, { name: 'rate-limiting', config: { second: 10, fault_tolerant: false } }],
  });
  assert.match(text, /^# - Kong has no burst: 10 requests in each second/m);
  assert.match(text, /not run\.$/m);
});

test('the schema refuses a field that Kong does not know, and an upstream whose certificate nobody looks at', async () => {
  const text = await exported(configuration('location /api/ { proxy_pass http://api:8000; }'));
  assert.equal(validate(parseYaml(text.replace('second: 10', 'seconds: 10'))), false);
  assert.equal(validate(parseYaml(text.replace('tls_verify: true', 'tls_verify: false'))), false);
});

test('no key is in the declaration or in the settings; they are named as files', async () => {
  const nginx = configuration('location /api/ { proxy_pass http://api:8000; }');
  const settings = await exported(nginx, 'kong-conf');
  for (const text of [await exported(nginx), settings]) assert.doesNotMatch(text, /BEGIN|vault:\/\/|certificates:/);
  assert.match(settings, /^client_ssl_cert_key = \/client-certs\/key\.pem$/m);
  assert.match(settings, /^nginx_proxy_proxy_ssl_trusted_certificate = \/client-certs\/ca\.pem$/m);
  assert.match(settings, /^admin_listen = off$/m);
  assert.match(settings, /^ssl_protocols = TLSv1\.2 TLSv1\.3$/m);
});

test('proxies in front are believed where nginx believes them, and nobody is otherwise', async () => {
  const inner = 'location /api/ { proxy_pass http://api:8000; }';
  const trusting = await exported(configuration(inner, 'set_real_ip_from 10.1.0.0/16;'), 'kong-conf');
  assert.match(trusting, /^trusted_ips = 10\.1\.0\.0\/16$/m);
  assert.match(trusting, /^real_ip_recursive = on$/m);
  assert.doesNotMatch(await exported(configuration(inner, 'set_real_ip_from 0.0.0.0/0;'), 'kong-conf'), /trusted_ips/);
});

for (const [location, path] of [
  ['/api/', '/api/'],
  ['^~ /api/', '/api/'],
  ['= /status.json', String.raw`~/status\.json$`],
  ['~ ^/v[12]/', '~/v[12]/'],
] as const)
  test(`location ${location} is the path ${path}`, () => {
    const { routes, left } = routesOf(`location ${location} { ${pass} }`);
    assert.deepEqual([routes.map((route) => route.path), left], [[path], []]);
  });

for (const [why, inner] of [
  ['Kong serves no files', 'location /files/ { alias /srv/; }'],
  ['an expression that is not anchored', String.raw`location ~ \.php$ { ${'proxy_pass https://api:8443;'} }`],
  ['an expression with look-around', `location ~ "^/(?!admin)" { ${pass} }`],
  ['an expression that ignores case', `location ~* ^/api { ${pass} }`],
  ['a block inside', `location / { if ($arg_x) { return 403; } ${pass} }`],
  ['a directive that is not understood', `location / { auth_request /check; ${pass} }`],
  ['an order of rules', `location / { deny 10.0.0.1; allow 10.0.0.0/8; deny all; ${pass} }`],
  ['a header made of a variable', `location / { proxy_set_header X-Who $ssl_client_s_dn; ${pass} }`],
  ['an upstream in a variable', 'location / { proxy_pass https://$backend; }'],
] as const)
  test(`a location is left out and named for ${why}`, () => {
    const { routes, left } = routesOf(inner);
    assert.deepEqual(routes, []);
    assert.match(left.join('\n'), /^location .* of shop\.example is left out: /);
  });

test('addresses that are let in, or kept out, stay so', async () => {
  const { routes } = routesOf(
    `location /a/ { allow 10.0.0.0/8; deny all; ${pass} } location /b/ { deny 10.0.0.1; ${pass} }`,
  );
  assert.deepEqual(
    routes.map(({ allow, deny }) => ({ allow, deny })),
    [
      { allow: ['10.0.0.0/8'], deny: [] },
      { allow: [], deny: ['10.0.0.1'] },
    ],
  );
  const text = await exported(
    configuration('location /a/ { allow 10.0.0.0/8; deny all; proxy_pass http://api:8000; }'),
  );
  assertValid(text);
  assert.match(text, /ip-restriction\n\s+config:\n\s+allow:\n\s+- 10\.0\.0\.0\/8/);
});

test('sizes, times and replaced paths are carried over in the units of Kong', () => {
  const { routes } = routesOf(
    'location /up/ { client_max_body_size 8k; proxy_read_timeout 90s; proxy_pass https://api:8443/files/; }',
  );
  assert.partialDeepStrictEqual(routes, [
    { bodySize: 8_192, timeouts: { connect: 60_000, read: 90_000 }, stripPath: true, upstream: { path: '/files/' } },
  ]);
});

test('headers of a location replace those of all, and its own names', async () => {
  const text = await exported(
    configuration(
      'location /a/ { add_header X-Frame-Options DENY; proxy_set_header X-App shop; proxy_pass http://api:8000; }',
    ),
  );
  assertValid(text);
  assert.match(text, /- X-Frame-Options:DENY/);
  assert.match(text, /- X-App:shop/);
  assert.equal(text.match(/- Strict-Transport-Security:max-age=63072000/g)?.length, 2);
});

test('hidden files are refused and well-known ones are not', async () => {
  const text = await exported(configuration('location / { proxy_pass http://api:8000; }'));
  const pattern = /~(\/\(\?:\.\*\/\)\?\S+)/.exec(text)?.[1] ?? 'none';
  const expression = new RegExp(`^${pattern}`);
  for (const path of ['/.env', '/a/.git/config', '/.', '/.well', '/.well-known', '/.wellknown/x'])
    assert.match(path, expression);
  for (const path of ['/.well-known/security.txt', '/a/.well-known/x', '/a.b', '/'])
    assert.doesNotMatch(path, expression);
});

for (const [code, nginx, text, service] of [
  ['nginx/none-to-export', '', 'services: { app: { image: "a:1" } }', undefined],
  ['nginx/none-to-export', configuration(''), compose, 'other'],
  ['nginx/several-to-export', '', 'services: { a: { image: "nginx:1" }, b: { image: "nginx:1" } }', undefined],
  ['nginx/not-exportable', 'http {', compose, undefined],
  ['nginx/not-exportable', configuration('auth_basic "x";'), compose, undefined],
] as const)
  test(`there is nothing to export: ${code} for ${JSON.stringify(nginx || text).slice(0, 60)}`, async () => {
    await assert.rejects(exported(nginx, 'kong', text, service), (thrown: unknown) => {
      assert.ok(thrown instanceof PalisadeError);
      assert.equal(thrown.code, code);
      return true;
    });
  });
