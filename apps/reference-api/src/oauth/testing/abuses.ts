import type { Secret } from '@palisade/vault/secret';
import type { Sending } from './browser.ts';
import { type TestClient, basic } from './flow.ts';
import { redirectUri } from './ground.ts';

/** Who takes part: two clients with a secret, and somebody whose password is known. */
export interface AbusedCast {
  readonly web: TestClient;
  readonly other: TestClient;
  readonly ground: { readonly password: Secret };
}

/** Redirect URIs that are nearly the registered one: an error page and no redirect is the answer. */
export const redirectVariants: readonly (readonly [name: string, uri: string])[] = [
  ['with another scheme', 'http://client.example/callback'],
  ['in capitals', 'https://CLIENT.example/callback'],
  ['with another case in its path', 'https://client.example/Callback'],
  ['with its default port', 'https://client.example:443/callback'],
  ['with another port', 'https://client.example:8443/callback'],
  ['with a slash at its end', 'https://client.example/callback/'],
  ['with ..', 'https://client.example/callback/../callback'],
  ['with .. in code', 'https://client.example/callback/%2e%2e/evil'],
  ['with a user', 'https://client.example@evil.example/callback'],
  ['with an empty user', 'https://@client.example/callback'],
  ['with a fragment', 'https://client.example/callback#evil'],
  ['with a query', 'https://client.example/callback?next=evil'],
  ['with an empty query', 'https://client.example/callback?'],
  ['below the host', 'https://evil.client.example/callback'],
  ['with a dot after the host', 'https://client.example./callback'],
  ['with a longer host', 'https://client.example.evil.example/callback'],
  ['with a backslash', 'https://client.example\\@evil.example/callback'],
  ['with a space', 'https://client.example/callback '],
  ['with a coded letter', 'https://client.example/callbac%6b'],
  ['that is a script', 'javascript:alert(1)'],
  ['that is empty', ''],
];

/** Authorization requests of `web` that are sent back with an error: changes to a good one. */
export const refusedRequests: readonly (readonly [
  name: string,
  error: string,
  changes: Record<string, string | undefined>,
])[] = [
  ['without a code challenge', 'invalid_request', { code_challenge: undefined, code_challenge_method: undefined }],
  ['with a plain challenge', 'invalid_request', { code_challenge_method: 'plain' }],
  [
    'with a challenge whose method is left out, which means plain',
    'invalid_request',
    { code_challenge_method: undefined },
  ],
  ['with a challenge that is no hash', 'invalid_request', { code_challenge: 'short' }],
  ['for a token (implicit)', 'unsupported_response_type', { response_type: 'token' }],
  ['for an ID token (implicit)', 'unsupported_response_type', { response_type: 'id_token', nonce: 'n' }],
  ['for code and ID token (hybrid)', 'unsupported_response_type', { response_type: 'code id_token', nonce: 'n' }],
  ['for another resource', 'invalid_target', { resource: 'https://evil.example/' }],
  ['without anybody being asked', 'login_required', { prompt: 'none' }],
  ['by reference', 'request_uri_not_supported', { request_uri: 'https://evil.example/request' }],
];

/** Token requests that are refused: what is sent, given a code of `web` and the form that would redeem it. */
export const refusedTokens: readonly {
  readonly name: string;
  readonly status: number;
  readonly error: string;
  readonly send: (form: Record<string, string>, cast: AbusedCast) => Sending;
}[] = [
  {
    name: 'with the wrong verifier',
    status: 400,
    error: 'invalid_grant',
    send: (form, cast) => ({ headers: basic(cast.web), form: { ...form, code_verifier: 'x'.repeat(43) } }),
  },
  {
    name: 'without a verifier',
    status: 400,
    error: 'invalid_grant',
    send: ({ code_verifier: _verifier, ...form }, cast) => ({ headers: basic(cast.web), form }),
  },
  {
    name: 'with another redirect URI',
    status: 400,
    error: 'invalid_grant',
    send: (form, cast) => ({ headers: basic(cast.web), form: { ...form, redirect_uri: `${redirectUri}/` } }),
  },
  {
    name: 'without a redirect URI',
    status: 400,
    error: 'invalid_request',
    send: ({ redirect_uri: _uri, ...form }, cast) => ({ headers: basic(cast.web), form }),
  },
  {
    name: 'by another client',
    status: 400,
    error: 'invalid_grant',
    send: (form, cast) => ({ headers: basic(cast.other), form }),
  },
  {
    name: 'with the wrong secret',
    status: 401,
    error: 'invalid_client',
    send: (form) => ({ headers: { authorization: `Basic ${btoa('web:wrong')}` }, form }),
  },
  {
    name: 'by a client that nobody knows',
    status: 401,
    error: 'invalid_client',
    send: (form) => ({ headers: { authorization: `Basic ${btoa('nobody:wrong')}` }, form }),
  },
  {
    name: 'with a secret hash in place of the secret',
    status: 401,
    error: 'invalid_client',
    send: (form) => ({ headers: { authorization: `Basic ${btoa(`web:${'A'.repeat(43)}`)}` }, form }),
  },
  {
    name: 'without saying who asks',
    status: 400,
    error: 'invalid_request',
    send: (form) => ({ form }),
  },
  {
    name: 'with the name of the client alone',
    status: 401,
    error: 'invalid_client',
    send: (form) => ({ form: { ...form, client_id: 'web' } }),
  },
  {
    name: 'with two ways to say who asks',
    status: 400,
    error: 'invalid_request',
    send: (form, cast) => ({
      headers: basic(cast.web),
      form: { ...form, client_secret: cast.web.secret?.reveal() ?? '' },
    }),
  },
  {
    name: 'with two different clients',
    status: 400,
    error: 'invalid_request',
    send: (form, cast) => ({ headers: basic(cast.web), form: { ...form, client_id: 'other' } }),
  },
  {
    name: 'with two codes',
    status: 400,
    error: 'invalid_request',
    send: (form, cast) => ({ headers: basic(cast.web), form: [...Object.entries(form), ['code', 'another']] }),
  },
  {
    name: 'as JSON',
    status: 400,
    error: 'invalid_request',
    send: (form, cast) => ({
      headers: { ...basic(cast.web), 'content-type': 'application/json' },
      text: JSON.stringify(form),
    }),
  },
  {
    name: 'with a body of 60 KiB',
    status: 400,
    error: 'invalid_request',
    send: (form, cast) => ({ headers: basic(cast.web), form: { ...form, padding: 'x'.repeat(60 * 1024) } }),
  },
  {
    name: 'by password (the grant)',
    status: 400,
    error: 'unsupported_grant_type',
    send: (_form, cast) => ({
      headers: basic(cast.web),
      form: { grant_type: 'password', username: 'ada', password: cast.ground.password.reveal() },
    }),
  },
  {
    name: 'by a grant that the client is not registered for',
    status: 400,
    // RFC 6749 would say unauthorized_client; the provider says this.
    error: 'invalid_request',
    send: (_form, cast) => ({ headers: basic(cast.web), form: { grant_type: 'client_credentials' } }),
  },
  {
    name: 'with a refresh token that was never given',
    status: 400,
    error: 'invalid_grant',
    send: (_form, cast) => ({
      headers: basic(cast.web),
      form: { grant_type: 'refresh_token', refresh_token: "' OR 1=1 --" },
    }),
  },
  {
    name: 'with a NUL in the code',
    status: 400,
    error: 'invalid_grant',
    send: (form, cast) => ({ headers: basic(cast.web), form: { ...form, code: `${form['code'] ?? ''}\0` } }),
  },
  {
    name: 'for another resource',
    status: 400,
    error: 'invalid_target',
    send: (form, cast) => ({ headers: basic(cast.web), form: { ...form, resource: 'https://evil.example/' } }),
  },
];
