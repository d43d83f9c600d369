// `npm run bench [-- audit|assess|api …] [--directory DIRECTORY] [--rounds N] [--seconds N] [--only TEXT] [--profile DIRECTORY]`:
// every benchmark, or those that are named, as ratios of one run.
import { parseArgs } from 'node:util';
import { benchApi } from './api/api.ts';
import { benchAssess } from './assess.ts';
import { benchAudit } from './audit.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    directory: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string', default: '' },
    profile: { type: 'string' },
  },
});
const isWanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);

if (isWanted('audit')) process.stdout.write(await benchAudit());
if (isWanted('assess')) process.stdout.write(benchAssess(values.directory));
if (isWanted('api')) {
  const [rounds, seconds, connections] = [Number(values.rounds), Number(values.seconds), Number(values.connections)];
  process.stdout.write(await benchApi({ rounds, seconds, connections, only: values.only }, values.profile));
}
