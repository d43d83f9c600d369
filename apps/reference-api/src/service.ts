import { messageOf, StartError } from './errors.ts';
import type { HttpServer } from './http/application.ts';

/** The running service. */
export interface Service {
  readonly port: number;
  /** Reads credentials and certificates again, now. */
  readonly reload: () => Promise<void>;
  /**
   * Takes no more work, ends what is under way, closes everything. Connections that are not done after `within`
   * milliseconds are cut. Never rejects.
   */
  readonly stop: (within: number) => Promise<void>;
}

/** Binds the port. @throws StartError `server/port-unavailable` */
export const listen = async (
  http: HttpServer,
  at: { readonly host: string; readonly port: number },
): Promise<number> => {
  try {
    await http.app.listen({
      host: at.host,
      port: at.port,
      // Fastify cannot know the scheme of a server that it did not make.
      listenTextResolver: (address) => `listening on ${new URL(address).host}`,
    });
  } catch (error) {
    throw new StartError(
      'server/port-unavailable',
      `cannot listen on ${at.host}:${at.port}: ${messageOf(error)}`,
      error,
    );
  }
  const address = http.app.server.address();
  return typeof address === 'object' && address !== null ? address.port : at.port;
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Takes no more connections, waits for the requests under way, cuts what is left, then closes the rest, which nothing
 * uses any more. Node would wait for connections that never sent a request, too. Never rejects.
 */
export const drain = async (http: HttpServer, closeRest: () => Promise<void>, within: number): Promise<void> => {
  const { app } = http;
  app.log.info('draining');
  const closing = app.close().catch(() => undefined);
  const deadline = Date.now() + within;
  while (http.underWay() > 0 && Date.now() < deadline) await pause(20);
  if (http.underWay() > 0) app.log.warn({ requests: http.underWay() }, 'cutting requests that are not done');
  app.server.closeAllConnections();
  await Promise.race([closing, pause(1_000)]);
  await Promise.race([closeRest().catch(() => undefined), pause(2_000)]);
};
