import { Client, type ClientConfig } from 'pg';

/** Opens a connection; throws what the server says where it lets nobody in. */
export const connect = async (config: ClientConfig): Promise<Client> => {
  const client = new Client(config);
  // A server that hangs up later says so by an event, which would end the test where nobody listens.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (thrown) {
    await client.end().catch(() => undefined);
    throw thrown;
  }
};

/** Why a login is refused, in the words of the server or of TLS; `let in` where it is not. */
export const refusal = async (config: ClientConfig): Promise<string> => {
  try {
    await (await connect(config)).end();
    return 'let in';
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
};
