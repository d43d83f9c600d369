import type { Control } from '../../../contracts/control.ts';
import { blocksIn } from '../configuration.ts';
import '../evidence.ts';
import { fail, judgeAnswers, judgeServers } from '../observe.ts';
import { developmentServer } from '../references.ts';

const rootTokenVariables = ['VAULT_DEV_ROOT_TOKEN_ID', 'BAO_DEV_ROOT_TOKEN_ID'] as const;

/** V01: the server is no development server. */
export const control: Control<'vault'> = {
  id: 'vault/production-server',
  aliases: ['V01'],
  title: 'Vault does not run as a development server',
  severity: 'critical',
  rationale:
    'A development server keeps everything in memory, is unsealed from the start, speaks plaintext, and takes a root token that is known to everybody who has read the Compose file. Whoever reaches its port owns every secret of the stack.',
  fix: 'Start the server with a configuration file: raft storage, a TLS listener, no -dev and no development token.',
  references: [developmentServer],
  checklist: ['no-root-token'],
  static: (stack) =>
    judgeServers(stack, {
      *development({ name }, { at, why }) {
        yield fail(`${name} is a development server: ${why}`, at, 'dev');
      },
      *configured({ name, environment, at }, documents) {
        const [memory] = ['storage', 'backend']
          .flatMap((key) => blocksIn(documents, key, 1))
          .filter(({ labels }) => (labels[0] ?? '').startsWith('inmem'));
        if (memory !== undefined) {
          yield fail(`${name} keeps its data in memory and loses it when it stops`, memory.place, 'dev');
          return;
        }
        for (const variable of rootTokenVariables) {
          const entry = environment.get(variable);
          if (entry !== undefined && entry.value !== '') {
            yield fail(`${name} is given a development root token in ${variable}`, entry.at, variable);
            return;
          }
        }
        yield { outcome: 'pass', message: 'runs with a configuration of its own', at };
      },
    }),
  live: {
    needs: ['vault'],
    assess: (stack, evidence) =>
      judgeAnswers(
        evidence,
        ({ seal }) => seal,
        ({ storage, version }, name) => {
          if (storage === undefined)
            return { outcome: 'unknown', message: `version ${version} does not say what it stores its data in` };
          return storage === 'inmem'
            ? { outcome: 'fail', key: 'dev', message: `${name} keeps its data in memory, as a development server does` }
            : { outcome: 'pass', message: `keeps its data in ${storage} storage` };
        },
        stack,
      ),
  },
};
