import type { CredentialKind } from '../identity.ts';
import { problemType } from '../problem/problem.ts';
import type { SettledPolicy } from './policy.ts';

/** A security scheme of OpenAPI 3.1. Source: https://spec.openapis.org/oas/v3.1.1#security-scheme-object */
export type SecurityScheme =
  | { readonly type: 'http'; readonly scheme: string; readonly bearerFormat?: string; readonly description: string }
  | { readonly type: 'apiKey'; readonly in: 'header'; readonly name: string; readonly description: string }
  | { readonly type: 'mutualTLS'; readonly description: string };

/** An answer of the guard. */
export interface OperationResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content: Readonly<Record<string, object>>;
}

/** What is said of one operation. */
export interface OperationSecurity {
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Readonly<Record<string, OperationResponse>>;
}

/** The parts of an OpenAPI 3.1 document that are about access; merge them into the application's own. */
export interface OpenApiSecurity {
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
    readonly schemas: Readonly<Record<'Problem', object>>;
  };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationSecurity>>>>;
}

const problemSchema = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
  },
} as const;

/** `/user/:id(^\\d+$)` becomes `/user/{id}`; a wildcard becomes `{wildcard}`. */
const pathOf = (url: string): string =>
  url.replaceAll(/:([A-Za-z0-9_]+)(?:\([^/]*\))?\??/g, '{$1}').replaceAll('*', '{wildcard}');

const answers: Readonly<Record<string, string>> = {
  '400': 'The request is not valid, or brings its credentials in a way that is not.',
  '401': 'Credentials are missing, expired or not valid.',
  '403': 'Insufficient permissions.',
  '429': 'Too many requests; Retry-After says when to come back.',
  '503': 'The server is busy, or cannot check or record the request.',
};

const text = { type: 'string' } as const;

/** Headers that come with every answer of a status. Source: RFC 9110 sections 11.6.1 and 10.2.3. */
const headers: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '401': { 'WWW-Authenticate': { required: true, schema: text } },
  '429': { 'Retry-After': { required: true, schema: { ...text, pattern: '^[0-9]+$' } } },
};

const responsesOf = (policy: SettledPolicy): Readonly<Record<string, OperationResponse>> => {
  const statuses = [
    ...(policy.access === 'public' ? [] : ['400', '401']),
    ...(policy.roles.length + policy.scopes.length > 0 ? ['403'] : []),
    ...(policy.limits.length > 0 ? ['429'] : []),
    '503',
  ];
  const content = { [problemType.split(';', 1)[0] ?? '']: { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    statuses.map((status) => {
      const always = headers[status];
      return [
        status,
        { description: answers[status] ?? '', ...(always === undefined ? {} : { headers: always }), content },
      ];
    }),
  );
};

/** What the schemes are called. */
const schemesOf = (kind: CredentialKind, dpop: boolean): readonly string[] =>
  kind === 'jwt' ? ['bearer', ...(dpop ? ['dpop'] : [])] : kind === 'api-key' ? ['apiKey'] : ['mutualTLS'];

/** Makes the parts of a document from the declarations of the routes. */
export const openApiSecurity = (
  policies: Iterable<SettledPolicy>,
  credentials: readonly CredentialKind[],
  parameters: { readonly apiKeyHeader: string; readonly dpop: boolean },
): OpenApiSecurity => {
  const { apiKeyHeader, dpop } = parameters;
  const all: Readonly<Record<string, SecurityScheme>> = {
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Access token, RFC 6750.' },
    dpop: { type: 'http', scheme: 'DPoP', description: 'Access token with a proof of possession, RFC 9449.' },
    apiKey: { type: 'apiKey', in: 'header', name: apiKeyHeader, description: 'API key.' },
    mutualTLS: { type: 'mutualTLS', description: 'Client certificate.' },
  };
  const used = credentials.flatMap((kind) => schemesOf(kind, dpop));
  const paths: Record<string, Record<string, OperationSecurity>> = {};
  for (const policy of policies) {
    // HEAD routes come from GET routes, and OpenAPI describes them with those.
    if (policy.method === 'HEAD') continue;
    const needs = [...policy.scopes, ...policy.roles];
    const operations = (paths[pathOf(policy.url)] ??= {});
    operations[policy.method.toLowerCase()] = {
      security: policy.by.flatMap((kind) => schemesOf(kind, dpop)).map((name) => ({ [name]: needs })),
      responses: responsesOf(policy),
    };
  }
  return {
    components: {
      securitySchemes: Object.fromEntries(Object.entries(all).filter(([name]) => used.includes(name))),
      schemas: { Problem: problemSchema },
    },
    paths,
  };
};
