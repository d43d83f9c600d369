import { type Credentials, type Login, sameLogin } from './login.ts';
import { ServerUnavailable, isNetworkFailure } from './unavailable.ts';

/** A client of a server, whatever its credentials are just now. */
export interface Connection<Client> {
  /**
   * Does one piece of work with a client. Where the server refuses the login, the credentials are read again and, if they
   * differ, the work is begun once more: a refused login has done nothing yet. Rejects with ServerUnavailable where the server
   * is not there.
   */
  readonly use: <Result>(work: (client: Client) => Promise<Result>) => Promise<Result>;
  /** Reads the credentials again and moves to a new client where they differ; work under way ends on the old one. */
  readonly refresh: () => Promise<void>;
  /** Ends when no work is under way. */
  readonly close: () => Promise<void>;
}

/** How one sort of client is opened, closed and understood. */
export interface ClientKind<Client> {
  /** May connect at once or on first use. A client that cannot be opened is opened anew by the next work. */
  readonly open: (login: Login, onIdleError: (error: Error) => void) => Promise<Client>;
  readonly close: (client: Client) => Promise<void>;
  /** True for errors that mean: these credentials are not accepted. */
  readonly refused: (error: unknown) => boolean;
  /** True for errors that mean: the server has not answered, or takes nobody on. Those of the network are known without it. */
  readonly unavailable: (error: unknown) => boolean;
}

/** Milliseconds that reading the credentials may take. */
const readWithin = 5_000;

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

interface Opened<Client> {
  readonly login: Login;
  readonly client: Promise<Client>;
  /** Pieces of work under way; the client is closed when it is retired and idle. */
  users: number;
  retired: boolean;
  readonly idle: PromiseWithResolvers<void>;
}

/**
 * Keeps a client open over changes of its credentials.
 *
 * Rejects where the credentials cannot be read; a server that is down is not noticed before the first work.
 */
export const openConnection = async <Client>(
  credentials: Credentials,
  kind: ClientKind<Client>,
  onIdleError: (error: Error) => void,
): Promise<Connection<Client>> => {
  let login = await credentials.read(AbortSignal.timeout(readWithin));
  let current: Opened<Client> | undefined;
  let refreshing: Promise<void> | undefined;
  let closed = false;

  const retire = async (opened: Opened<Client>): Promise<void> => {
    opened.retired = true;
    if (opened.users === 0) opened.idle.resolve();
    await opened.idle.promise;
    const client = await opened.client.catch(() => undefined);
    if (client !== undefined) await kind.close(client);
  };
  const open = (): Opened<Client> => {
    const opened: Opened<Client> = {
      login,
      client: kind.open(login, onIdleError),
      users: 0,
      retired: false,
      idle: Promise.withResolvers<void>(),
    };
    // A client that could not be opened is nobody's: the next work opens another.
    opened.client.catch(() => {
      if (current === opened) current = undefined;
    });
    return opened;
  };
  const readAgain = async (): Promise<void> => {
    const next = await credentials.read(AbortSignal.timeout(readWithin));
    if (sameLogin(login, next)) return;
    const old = current;
    login = next;
    current = undefined;
    if (old !== undefined) retire(old).catch((error: unknown) => onIdleError(asError(error)));
  };
  const refresh = (): Promise<void> => {
    refreshing ??= readAgain().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  const work = async <Result>(does: (client: Client) => Promise<Result>): Promise<Result> => {
    if (closed) throw new Error('the connection is closed');
    current ??= open();
    const opened = current;
    opened.users += 1;
    try {
      return await does(await opened.client);
    } finally {
      opened.users -= 1;
      if (opened.retired && opened.users === 0) opened.idle.resolve();
    }
  };
  const workTwice = async <Result>(does: (client: Client) => Promise<Result>): Promise<Result> => {
    const used = login;
    try {
      return await work(does);
    } catch (error) {
      if (!kind.refused(error)) throw error;
      await refresh();
      if (sameLogin(used, login)) throw error;
      return work(does);
    }
  };

  return {
    use: async (does) => {
      try {
        return await workTwice(does);
      } catch (error) {
        throw kind.unavailable(error) || isNetworkFailure(error) ? new ServerUnavailable(error) : error;
      }
    },
    refresh,
    close: async () => {
      closed = true;
      const last = current;
      current = undefined;
      if (last !== undefined) await retire(last);
    },
  };
};
