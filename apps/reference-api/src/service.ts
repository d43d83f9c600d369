import { messageOf, StartError } from './errors.ts';
import type { HttpServer } from './http/server.ts';

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

const settledWithin = async (milliseconds: number, work: Promise<unknown>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const done = work.then(
    () => true,
    () => true,
  );
  const answer = await Promise.race([done, tooLate]);
  clearTimeout(timer);
  return answer;
};

/** Ends the server first, so that nothing uses what is closed after it. Never rejects. */
export const drain = async (http: HttpServer, closeRest: () => Promise<void>, within: number): Promise<void> => {
  const { app } = http;
  app.log.info('draining');
  const closing = app.close();
  if (!(await settledWithin(within, closing))) {
    app.log.warn('cutting the connections that are left');
    app.server.closeAllConnections();
    await settledWithin(1_000, closing);
  }
  await settledWithin(2_000, closeRest());
};
