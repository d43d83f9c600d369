/** Where frameworks put the description of their routes. */
export const descriptions: readonly string[] = ['/openapi.json', '/swagger.json', '/v3/api-docs', '/api/openapi.json'];

/** Documentation, debugging, metrics and files that no stranger should see. */
export const internals: readonly string[] = [
  ...descriptions,
  '/docs',
  '/redoc',
  '/swagger',
  '/swagger-ui/index.html',
  '/api-docs',
  '/graphiql',
  '/debug',
  '/debug/vars',
  '/debug/pprof/',
  '/__debug__/',
  '/console',
  '/actuator',
  '/actuator/env',
  '/metrics',
  '/.env',
  '/.git/HEAD',
];

/** Where business routes usually are; tried beside those that a service documents. */
export const usualBusiness: readonly string[] = [
  '/api',
  '/api/users',
  '/api/user',
  '/api/v1/users',
  '/api/me',
  '/api/items',
  '/api/orders',
  '/api/order',
  '/api/products',
  '/api/customers',
  '/api/accounts',
  '/api/admin',
  '/users',
  '/items',
  '/orders',
  '/admin',
];

/** True for what every service shows to everybody: that it lives. */
export const isHealth = (path: string): boolean =>
  /^\/(?:api\/)?(?:health|healthz|healthcheck|live|livez|liveness|ready|readyz|readiness|ping|status|version|favicon\.ico)?$/.test(
    path,
  );
