import * as z from 'zod';
import type { ProbeTarget } from '../../contracts/service-kind.ts';
import { consumerNames } from './accounts.ts';
import { type Definitions, readDefinitions, vhostLimits } from './definitions.ts';
import type { NodeSettings, UserEvidence, VhostEvidence } from './evidence.ts';

/** Runs a client program beside the service, as its administrator. */
export type Exec = NonNullable<ProbeTarget['exec']>;

const run = async (exec: Exec, args: readonly string[], signal: AbortSignal): Promise<string> => {
  const { exitCode, stdout, stderr, truncated } = await exec(['rabbitmqctl', '-q', ...args], '', signal);
  if (truncated) throw new Error('the answer of rabbitmqctl is too long');
  if (exitCode !== 0) throw new Error(`rabbitmqctl: ${stderr.trim().slice(0, 200)}`);
  return stdout;
};

/**
 * Reads settings inside of the node and says them in JSON. It changes nothing, and of the cookie it says the length alone. Erlang, for
 * `rabbitmqctl eval`, with modules that the versions from 3.10 to 4.1 have.
 */
const question = String.raw`Env = fun (Name) -> case application:get_env(rabbit, Name) of {ok, Value} -> Value; undefined -> undefined end end,
Number = fun (Value) when is_number(Value) -> Value; (_) -> null end,
Text = fun (Value) -> iolist_to_binary(io_lib:format("~0tp", [Value])) end,
Cookie = filename:join(os:getenv("HOME", "/"), ".erlang.cookie"),
Mode = case file:read_file_info(Cookie) of {ok, Info} -> element(8, Info) band 8#777; {error, _} -> null end,
Categories = proplists:get_value(categories, case Env(log) of undefined -> []; Log -> Log end, []),
Level = case proplists:get_value(level, proplists:get_value(connection, Categories, [])) of undefined -> null; Found -> Text(Found) end,
Memory = case Env(vm_memory_high_watermark) of {absolute, Bytes} -> Number(Bytes); Part -> Number(Part) end,
io:put_chars([rabbit_json:encode(#{
  cookieMode => Mode, cookieLength => length(atom_to_list(erlang:get_cookie())),
  mechanisms => [atom_to_binary(Each, utf8) || Each <- Env(auth_mechanisms)],
  loopbackUsers => Env(loopback_users), diskFreeLimit => rabbit_disk_monitor:get_disk_free_limit(),
  memoryWatermark => Memory, connections => Number(Env(connection_max)), channels => Number(Env(channel_max)), connectionLog => Level}), "\n"]).
`;

const answer = z.object({
  cookieMode: z.number().nullable(),
  cookieLength: z.number(),
  mechanisms: z.array(z.string()),
  loopbackUsers: z.array(z.string()),
  diskFreeLimit: z.number(),
  memoryWatermark: z.number().nullable(),
  connections: z.number().nullable(),
  channels: z.number(),
  connectionLog: z.string().nullable(),
});

/** Asks a node for its settings. */
export const settingsInside = async (exec: Exec, signal: AbortSignal): Promise<NodeSettings> => {
  const text = await run(exec, ['eval', question], signal);
  const line = text.split('\n').find((each) => each.startsWith('{'));
  if (line === undefined) throw new Error('rabbitmqctl: the answer holds no settings');
  return answer.parse(JSON.parse(line));
};

/** Asks a node for users, vhosts and rights. */
export const definitionsInside = async (exec: Exec, signal: AbortSignal): Promise<Definitions> => {
  const text = await run(exec, ['export_definitions', '-', '--format', 'json'], signal);
  try {
    return readDefinitions(text);
  } catch {
    // What could not be read holds hashes: nothing of it goes into a message.
    throw new Error('rabbitmqctl: the export cannot be read');
  }
};

/** Patterns that take in every name, the exchanges of the server itself too. */
const isEverything = (pattern: string): boolean =>
  pattern !== '' && pattern !== consumerNames && /^\^?\(?\.[*+]\)?\$?$/.test(pattern);

const limit = (value: number | undefined): number | undefined => (value === undefined || value < 0 ? undefined : value);

/** Users without their passwords. */
export const usersOf = ({ users, permissions }: Definitions): readonly UserEvidence[] =>
  users.map(({ name, tags, limits }) => {
    const held = permissions.filter(({ user }) => user === name);
    const connections = limit(limits['max-connections']);
    const channels = limit(limits['max-channels']);
    return {
      name,
      tags,
      vhosts: held
        .filter(({ configure, write, read }) => `${configure}${write}${read}` !== '')
        .map(({ vhost }) => vhost),
      unlimited: held
        .filter(({ configure, write, read }) => [configure, write, read].every(isEverything))
        .map(({ vhost }) => vhost),
      ...(connections === undefined ? {} : { connections }),
      ...(channels === undefined ? {} : { channels }),
    };
  });

/** Vhosts with their limits. */
export const vhostsOf = (definitions: Definitions): readonly VhostEvidence[] =>
  definitions.vhosts.map(({ name }) => {
    const connections = limit(vhostLimits(definitions, name)['max-connections']);
    return { name, ...(connections === undefined ? {} : { connections }) };
  });
