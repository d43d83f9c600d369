import type { Answer } from '../../../contracts/evidence.ts';
import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import { readAccounts } from '../accounts.ts';
import { administer, isFerretDb } from '../administer.ts';
import type { MongodbEvidence } from '../evidence.ts';
import { containerPort } from '../posture.ts';
import { type Document, isDocument } from '../wire/bson.ts';
import { isRefusal, reasonOf, succeeded } from '../wire/session.ts';
import { answered } from '../../../support/answered.ts';

const parameterNames = ['enableLocalhostAuthBypass', 'quiet', 'authenticationMechanisms'];

const need = (answer: Document | undefined): Document => {
  if (answer === undefined || !succeeded(answer)) throw new Error(reasonOf(answer ?? {}));
  return answer;
};

/** A condition that every server with scripts carries out, on a collection that nobody has. */
const condition: Document = { find: 'palisade_absent', filter: { $where: 'true' }, limit: 1 };

/** The same where a condition is looked at only when there are documents: a command that is nothing but scripts. */
const mapReduce: Document = {
  mapReduce: 'palisade_absent',
  map: 'function () { emit(1, 1) }',
  reduce: 'function (key, values) { return 1 }',
  out: { inline: 1 },
};

/** BadValue: there is no engine for scripts. CommandNotFound: there is no such command. */
const withoutScripts = new Set([2, 59]);

/** What the server tells its administrator. */
export type Inside = Pick<MongodbEvidence, 'product' | 'scripts' | 'parameters' | 'connections' | 'accounts'>;

/** Asks the server as its administrator. */
export const fromInside = async (target: ProbeTarget, signal: AbortSignal): Promise<Inside> => {
  const { exec, service, stack } = target;
  const port = containerPort(stack, service);
  const ask = (database: string, command: Document): Promise<Document> => {
    if (exec === undefined) throw new Error('the runtime cannot ask the server as its administrator');
    return administer(exec, service, port, [{ database, command }], signal).then(([answer]) => answer ?? {});
  };
  const about = <T>(database: string, command: Document, read: (answer: Document) => T): Promise<Answer<T>> =>
    answered(signal, async () => read(await ask(database, command)));
  const product = await about('admin', { buildInfo: 1 }, (answer) =>
    isFerretDb(need(answer)) ? 'ferretdb' : 'mongodb',
  );
  const scripted = product.known && product.value === 'ferretdb' ? mapReduce : condition;
  return {
    product,
    scripts: await about('admin', scripted, (answer) => {
      if (succeeded(answer)) return 'run';
      if (typeof answer['code'] === 'number' && withoutScripts.has(answer['code'])) return 'refused';
      throw new Error(reasonOf(answer));
    }),
    parameters: await answered(signal, async () => {
      const found: Record<string, string> = {};
      for (const name of parameterNames) {
        const answer = await ask('admin', { getParameter: 1, [name]: 1 });
        if (isRefusal(answer)) throw new Error(reasonOf(answer));
        const value = succeeded(answer) ? answer[name] : undefined;
        if (value !== undefined) found[name] = typeof value === 'string' ? value : JSON.stringify(value);
      }
      return found;
    }),
    connections: await about('admin', { serverStatus: 1 }, (answer) => {
      const { connections } = need(answer);
      if (!isDocument(connections)) return null;
      const { current, available } = connections;
      return typeof current === 'number' && typeof available === 'number' ? current + available : null;
    }),
    // The old way of FerretDB knows no accounts, and no such command.
    accounts: await about('admin', { usersInfo: { forAllDBs: true } }, (answer) =>
      readAccounts(need(answer)).map(({ name, database, roles }) => ({ name, database, roles })),
    ),
  };
};
