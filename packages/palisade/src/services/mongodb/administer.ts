import type { Service } from '../../contracts/stack.ts';
import type { ExecResult } from '../../contracts/runtime.ts';
import { administrator } from './consumers.ts';
import { runtimeDirectory } from './configuration.ts';
import { error } from './errors.ts';
import { isDocument, type Document, type Value } from './wire/bson.ts';
import { reasonOf, succeeded } from './wire/session.ts';

/** One command of the administrator's. */
export interface Task {
  readonly database: string;
  readonly command: Document;
}

/** Runs a client program beside the service, as `StatementTools.exec` and `ProbeTarget.exec` do. */
export type Exec = (command: readonly string[], input: string, signal: AbortSignal) => Promise<ExecResult>;

/** Commands as the program of the client reads them: one JSON object a line. */
export const writeTasks = (tasks: readonly Task[]): string =>
  `${tasks.map((task) => JSON.stringify(task)).join('\n')}\n`;

const jsonDocument = (text: string): Document | undefined => {
  try {
    const value: Value = JSON.parse(text);
    return isDocument(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Reads what `writeTasks` has written; a line that is no task is left out. */
export const readTasks = (input: string): readonly Task[] =>
  input.split('\n').flatMap((line) => {
    const { database, command } = jsonDocument(line) ?? {};
    return typeof database === 'string' && isDocument(command) ? [{ database, command }] : [];
  });

/**
 * The program that mongosh runs in the container: logs in as the administrator where the init script has left a password,
 * in the development posture with the login of the first start, which is in the container's own environment; carries out the commands from standard input, and prints each answer as one line of JSON. It holds no secret itself.
 */
export const mongoshProgram = (service: Service, port: number): string => {
  const directory = runtimeDirectory(service);
  return [
    'const fs = require("fs")',
    `const file = "${directory}/password"`,
    'const { MONGO_INITDB_ROOT_USERNAME: first, MONGO_INITDB_ROOT_PASSWORD: word } = process.env',
    `const plain = "mongodb://localhost:${port}/admin?directConnection=true"`,
    `const identity = "&tls=true&tlsCAFile=/certs/ca.pem&tlsCertificateKeyFile=${directory}/client.pem"`,
    'const as = (name, password) => plain.replace("//", "//" + encodeURIComponent(name) + ":" + encodeURIComponent(password) + "@")',
    `const hardened = () => as("${administrator}", fs.readFileSync(file, "utf8").trim()) + identity`,
    'const target = fs.existsSync(file) ? hardened() : first && word ? as(first, word) : plain',
    'const admin = connect(target)',
    'const failure = (e) => ({ ok: 0, code: e.code ?? 1, codeName: e.codeName ?? "", errmsg: String(e.message) })',
    'for (const line of fs.readFileSync(0, "utf8").split("\\n").filter((each) => each !== "")) { const { database, command } = JSON.parse(line); let answer; try { answer = admin.getSiblingDB(database).runCommand(command) } catch (e) { answer = failure(e) } print(EJSON.stringify(answer)) }',
  ].join('; ');
};

/**
 * Carries out commands as the local administrator, and resolves to the answers in their order, errors of single commands
 * among them. Throws `mongodb/command-failed` where the client itself fails.
 */
export const administer = async (
  exec: Exec,
  service: Service,
  port: number,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<readonly Document[]> => {
  const command = ['mongosh', '--quiet', '--norc', '--nodb', '--eval', mongoshProgram(service, port)];
  const { exitCode, stdout, stderr } = await exec(command, writeTasks(tasks), signal);
  const answers = stdout
    .split('\n')
    .map(jsonDocument)
    .filter((answer) => answer !== undefined);
  if (exitCode !== 0 || answers.length !== tasks.length)
    throw error('mongodb/command-failed', {
      service: service.name,
      command: 'the client of the administrator',
      // A client may repeat its connection string, which holds the password.
      reason:
        stderr
          .replaceAll(/mongodb:\/\/\S*/g, 'mongodb://…')
          .trim()
          .slice(-300) || 'it gave no answer',
    });
  return answers;
};

/** The same for one command that has to succeed. */
export const administerOne = async (
  exec: Exec,
  service: Service,
  port: number,
  task: Task,
  signal: AbortSignal,
): Promise<Document> => {
  const [answer = {}] = await administer(exec, service, port, [task], signal);
  if (!succeeded(answer))
    throw error('mongodb/command-failed', {
      service: service.name,
      command: Object.keys(task.command)[0] ?? 'a command',
      reason: reasonOf(answer),
    });
  return answer;
};

/** True where the answer to `buildInfo` is FerretDB's, which names its own version beside the one that it poses as. */
export const isFerretDb = (buildInfo: Document): boolean =>
  Object.keys(buildInfo).some((name) => name.toLowerCase().startsWith('ferretdb'));
