/**
 * What Kong Gateway 3.9 takes, as far as the export uses it: no field is allowed that its references do not name. Written
 * here from the entity and plugin references (developer.konghq.com, gateway/entities and plugins); Kong checks more.
 */
const text = { type: 'string', minLength: 1 } as const;
const texts = { type: 'array', items: text, uniqueItems: true } as const;
const flag = { type: 'boolean' } as const;
const milliseconds = { type: 'integer', minimum: 1, maximum: 2 ** 31 - 2 } as const;
const headerLines = { type: 'array', items: { type: 'string', pattern: '^[A-Za-z0-9-]+:[^\\r\\n]*$' } } as const;
const headerNames = { type: 'array', items: { type: 'string', pattern: '^[A-Za-z0-9-]+$' } } as const;
const addresses = {
  type: 'array',
  minItems: 1,
  items: { type: 'string', pattern: '^[0-9A-Fa-f.:]+(/\\d+)?$' },
} as const;

const closed = <const Properties extends object>(properties: Properties, required: readonly string[]) => ({
  type: 'object' as const,
  properties,
  required,
  additionalProperties: false,
});

const transformed = {
  type: 'object',
  properties: {
    remove: closed({ headers: headerNames }, ['headers']),
    add: closed({ headers: headerLines }, ['headers']),
  },
  additionalProperties: false,
} as const;

const configurations = {
  'correlation-id': closed(
    { header_name: text, generator: { enum: ['uuid', 'uuid#counter', 'tracker'] }, echo_downstream: flag },
    [],
  ),
  'rate-limiting': closed(
    {
      second: { type: 'number', exclusiveMinimum: 0 },
      limit_by: { enum: ['consumer', 'credential', 'ip', 'service', 'header', 'path', 'consumer-group'] },
      policy: { enum: ['local', 'cluster', 'redis'] },
      fault_tolerant: flag,
      error_code: { type: 'number' },
    },
    ['second'],
  ),
  'request-size-limiting': closed(
    {
      allowed_payload_size: { type: 'integer' },
      size_unit: { enum: ['bytes', 'kilobytes', 'megabytes'] },
      require_content_length: flag,
    },
    [],
  ),
  'ip-restriction': { ...closed({ allow: addresses, deny: addresses }, []), minProperties: 1 },
  'request-transformer': transformed,
  'response-transformer': transformed,
  'request-termination': closed({ status_code: { type: 'integer', minimum: 100, maximum: 599 }, message: text }, []),
  'file-log': closed(
    {
      path: { type: 'string', pattern: '^[^*&%\\\\`]+$' },
      reopen: flag,
      custom_fields_by_lua: { type: 'object', additionalProperties: text },
    },
    ['path'],
  ),
};

const plugin = {
  oneOf: Object.entries(configurations).map(([name, config]) =>
    closed({ name: { const: name }, config }, ['name', 'config']),
  ),
};

/** A JSON schema of the declaration. */
export const kongSchema = closed(
  {
    _format_version: { const: '3.0' },
    services: {
      type: 'array',
      items: {
        ...closed(
          {
            name: { type: 'string', pattern: '^[\\w.~-]+$' },
            protocol: { enum: ['http', 'https'] },
            host: text,
            port: { type: 'integer', minimum: 1, maximum: 65_535 },
            path: { type: 'string', pattern: '^/' },
            connect_timeout: milliseconds,
            read_timeout: milliseconds,
            write_timeout: milliseconds,
            retries: { type: 'integer', minimum: 0, maximum: 32_767 },
            tls_verify: flag,
            tls_verify_depth: { type: 'integer', minimum: 0, maximum: 64 },
          },
          ['name', 'protocol', 'host', 'port'],
        ),
        // Only an upstream behind TLS can be verified, and has to be.
        oneOf: [
          { properties: { protocol: { const: 'https' }, tls_verify: { const: true } }, required: ['tls_verify'] },
          { properties: { protocol: { const: 'http' } }, not: { required: ['tls_verify'] } },
        ],
      },
    },
    routes: {
      type: 'array',
      items: closed(
        {
          name: { type: 'string', pattern: '^[\\w.~-]+$' },
          service: text,
          hosts: texts,
          paths: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^(/|~/)' } },
          protocols: { const: ['https'] },
          https_redirect_status_code: { enum: [426, 301, 302, 307, 308] },
          regex_priority: { type: 'integer' },
          strip_path: flag,
          preserve_host: flag,
          plugins: { type: 'array', items: plugin },
        },
        ['name', 'paths', 'protocols'],
      ),
    },
    plugins: { type: 'array', items: plugin },
  },
  ['_format_version', 'services', 'routes', 'plugins'],
);
