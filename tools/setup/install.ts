import { installCompose } from './compose.ts';
import { installDebianPackages } from './debian.ts';
import { installFerretDb } from './ferretdb.ts';
import { installOpenBao } from './openbao.ts';
import { type Requirement, requirements } from './requirements.ts';
import { SetupError } from './setup-error.ts';

const install = (missing: readonly Requirement[], progress: (line: string) => void): void => {
  progress(`set-up: installing ${missing.map(({ title }) => title).join(', ')}`);
  const packages = missing.flatMap(({ from }) => ('debian' in from ? from.debian() : []));
  if (packages.length > 0) installDebianPackages(packages);
  if (missing.some(({ from }) => 'openBao' in from)) installOpenBao();
  if (missing.some(({ from }) => 'ferretDb' in from)) installFerretDb(progress);
  if (missing.some(({ from }) => 'compose' in from)) installCompose();
};

/**
 * Installs what the job needs and the machine lacks; silent where nothing is missing.
 *
 * @throws SetupError naming the first thing that is still missing
 */
export const setUp = (job: 'start' | 'test', progress: (line: string) => void): void => {
  // Twice, because one package's name depends on the version that another one brought.
  for (let round = 0; round < 2; round++) {
    const missing = requirements(job).filter(({ present }) => !present());
    if (missing.length === 0) return;
    install(missing, progress);
  }
  const [still] = requirements(job).filter(({ present }) => !present());
  if (still !== undefined) throw new SetupError(`${still.title}: still not there after its installation`);
};
