import { Agent, request as requestHttps } from 'node:https';
import type { Outside } from './ground.ts';

/** An answer as text. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Something to send. */
export interface Sending {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** A form; a list of pairs where a name comes twice. */
  readonly form?: Readonly<Record<string, string>> | [string, string][];
  readonly text?: string;
}

/** Sends requests to the ground over verified TLS; follows nothing. */
export const callerOf = (ground: Omit<Outside, 'password'>): ((path: string, sending?: Sending) => Promise<Reply>) => {
  const agent = new Agent({ ca: ground.authority, servername: 'localhost', keepAlive: false });
  const { issuer, connection } = ground;
  const { host } = new URL(issuer);
  return (path, { method, headers = {}, form, text } = {}) => {
    const body = text ?? new URLSearchParams(form ?? {}).toString();
    const type = body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    return new Promise((resolve, reject) => {
      const request = requestHttps(
        new URL(path, issuer),
        {
          method: method ?? (body === '' ? 'GET' : 'POST'),
          agent,
          headers: { host, ...type, ...headers },
          timeout: 30_000,
          ...(connection === undefined
            ? {}
            : { host: '127.0.0.1', port: connection.port, localAddress: connection.from() }),
        },
        (response) => {
          let received = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            received += part;
          });
          response.once('error', reject);
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }),
          );
        },
      );
      request.once('timeout', () => request.destroy(new Error('no answer within 30 s')));
      request.once('error', reject);
      request.end(body);
    });
  };
};

/** The requests of a client library over the same TLS. */
export const fetcherOf = (
  ground: Omit<Outside, 'password'>,
): ((address: string, init: { method?: string; headers?: object; body?: unknown }) => Promise<Response>) => {
  const call = callerOf(ground);
  return async (address, init) => {
    const { pathname, search } = new URL(address);
    const sent = init.body instanceof URLSearchParams || typeof init.body === 'string' ? String(init.body) : '';
    const reply = await call(pathname + search, {
      headers: Object.fromEntries(new Headers({ ...init.headers })),
      ...(init.method === 'POST' ? { method: 'POST' as const } : {}),
      text: sent,
    });
    const given = new Headers();
    for (const [name, value] of Object.entries(reply.headers)) if (typeof value === 'string') given.set(name, value);
    return new Response(reply.body, { status: reply.status, headers: given });
  };
};

/** Keeps cookies and follows redirects within the issuer, as a browser does. */
export const createBrowser = (ground: Outside) => {
  const call = callerOf(ground);
  const jar = new Map<string, { value: string; path: string }>();
  const go = async (
    path: string,
    sending: Sending = {},
  ): Promise<Reply & { readonly location: string | undefined }> => {
    const { pathname } = new URL(path, ground.issuer);
    const cookie = [...jar]
      .filter(([, { path: below }]) => pathname.startsWith(below))
      .map(([name, { value }]) => `${name.split('|')[0] ?? ''}=${value}`)
      .join('; ');
    const reply = await call(path, {
      ...sending,
      headers: { ...sending.headers, ...(cookie === '' ? {} : { cookie }) },
    });
    for (const line of [reply.headers['set-cookie'] ?? []].flat()) {
      const [pair = '', ...attributes] = line.split(/; */);
      const split = pair.indexOf('=');
      const below = attributes.find((one) => one.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
      const key = `${pair.slice(0, split)}|${below}`;
      if (/expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(key);
      else jar.set(key, { value: pair.slice(split + 1), path: below });
    }
    const { location } = reply.headers;
    return { ...reply, location: typeof location === 'string' ? location : undefined };
  };
  /** Goes on until a page or an address of somebody else. */
  const follow = async (start: string, sending: Sending = {}) => {
    let path = start;
    let reply = await go(start, sending);
    for (let hops = 0; reply.location !== undefined && hops < 10; hops++) {
      const next = new URL(reply.location, ground.issuer);
      if (next.origin !== ground.issuer) return { ...reply, path };
      path = next.pathname + next.search;
      reply = await go(path);
    }
    return { ...reply, path };
  };
  /** Walks through login and consent; gives the address that the browser is sent to, or the last page. */
  const authorize = async (address: string, name = 'ulf', password = ground.password) => {
    const { pathname, search } = new URL(address, ground.issuer);
    let page = await follow(pathname + search);
    if (page.body.includes('>Log in</h1>'))
      page = await follow(`${page.path}/login`, { form: { username: name, password: password.reveal() } });
    if (page.body.includes('>Allow access</h1>')) page = await follow(`${page.path}/consent`, { method: 'POST' });
    return page;
  };
  return { go, follow, authorize, cookies: () => [...jar.keys()] };
};
