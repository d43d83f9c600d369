import { installCompose } from './compose.ts';
import { installDebianPackages } from './debian.ts';
import { installFerretDb } from './ferretdb.ts';
import { withGo } from './go.ts';
import { installMongosh } from './mongosh.ts';
import { installOpenBao } from './openbao.ts';
import { type Requirement, requirements } from './requirements.ts';
import { installSchemathesis } from './schemathesis.ts';
import { SetupError } from './setup-error.ts';
import { installWycheproof } from './wycheproof.ts';

type Progress = (line: string) => void;

/** What a job can do without: where it cannot be had, one line says so. */
const attempt = (install: () => void, progress: Progress): void => {
  try {
    install();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    progress(`set-up: ${error.message}`);
  }
};

const install = (missing: readonly Requirement[], progress: Progress): void => {
  progress(`set-up: installing ${missing.map(({ title }) => title).join(', ')}`);
  const lacks = (what: string): boolean => missing.some(({ from }) => what in from);
  const packages = missing.flatMap(({ from }) => ('debian' in from ? from.debian() : []));
  if (packages.length > 0) installDebianPackages(packages);
  if (lacks('openBao')) installOpenBao();
  if (lacks('ferretDb') || lacks('wycheproof'))
    withGo((go) => {
      if (lacks('ferretDb')) installFerretDb(go, progress);
      if (lacks('wycheproof')) attempt(() => installWycheproof(go), progress);
    });
  if (lacks('compose')) installCompose();
  if (lacks('schemathesis')) attempt(installSchemathesis, progress);
  if (lacks('mongosh')) attempt(installMongosh, progress);
};

/**
 * Installs what the job needs and the machine lacks; silent where nothing is missing. What the job can do without is tried once,
 * and missed with a line.
 *
 * @throws SetupError naming the first thing that is still missing
 */
export const setUp = (job: 'start' | 'test', progress: Progress): void => {
  const tried = new Set<string>();
  // Twice, because one package's name depends on the version that another one brought.
  for (let round = 0; round < 2; round++) {
    const missing = requirements(job).filter(({ title, present }) => !present() && !tried.has(title));
    if (missing.length === 0) return;
    for (const { title, optional } of missing) if (optional === true) tried.add(title);
    install(missing, progress);
  }
  const [still] = requirements(job).filter(({ present, optional }) => optional !== true && !present());
  if (still !== undefined) throw new SetupError(`${still.title}: still not there after its installation`);
};
