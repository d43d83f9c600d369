import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Makes a request say that it came to the issuer, whatever its headers said: addresses in answers and cookies are made from this
 * alone. The path is the one of the route, as text that needs no decoding.
 */
export const presentAs = (issuer: URL, request: FastifyRequest, path: string): IncomingMessage => {
  const { raw } = request;
  const query = raw.url?.indexOf('?') ?? -1;
  raw.url = path + (query < 0 ? '' : (raw.url?.slice(query) ?? ''));
  for (const name of Object.keys(raw.headers))
    if (name.startsWith('x-forwarded-') || name === 'forwarded') delete raw.headers[name];
  raw.headers.host = issuer.host;
  raw.headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
  raw.headers['x-forwarded-host'] = issuer.host;
  // Other origins are the guard's to decide about.
  delete raw.headers.origin;
  return raw;
};

/** Gives the request to a handler of node:http, with the headers that the answer has already. */
export const handOver = async (
  request: IncomingMessage,
  reply: FastifyReply,
  handler: (request: IncomingMessage, response: FastifyReply['raw']) => Promise<void>,
): Promise<FastifyReply> => {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.setHeader('cache-control', 'no-store');
  reply.hijack();
  await handler(request, reply.raw);
  return reply;
};
