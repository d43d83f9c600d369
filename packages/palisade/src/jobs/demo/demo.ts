import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createVaultClient } from '@palisade/vault';
import type { Assessment } from '../../contracts/finding.ts';
import type { Runtime, ServiceStatus } from '../../contracts/runtime.ts';
import type { Stack } from '../../contracts/stack.ts';
import { prepareTarget } from '../../engine/index.ts';
import { renderHtml } from '../../report/html/page.ts';
import { matrixOf } from '../../report/matrix.ts';
import { renderMatrix } from '../../report/reachability.ts';
import { plural } from '../../report/text.ts';
import { kind as vaultKind } from '../../services/vault/index.ts';
import type { ExitCode } from '../../support/errors.ts';
import { Secret } from '../../support/secret.ts';
import { assessStack } from '../assess.ts';
import { attacksOf, exitCodeOfAttacks } from '../attacks.ts';
import type { ResultContext } from '../context.ts';
import { error } from '../errors.ts';
import { hardenDirectory } from '../harden.ts';
import { bringUp } from '../hardened/bring-up.ts';
import { takeOver } from '../hardened/take-over.ts';
import { findVault } from '../hardened/vault-access.ts';
import { collectAsOperator, collectLiveEvidence } from '../live.ts';
import type { RuntimeChoice } from '../open-runtime.ts';
import { openProject } from '../project.ts';
import { writeReport } from '../write-report.ts';
import { type Comparison, pairAttacks, renderComparison } from './comparison.ts';
import { formerCredentialsOf } from './former-credentials.ts';
import { demoPlaces } from './places.ts';
import { stageOf } from './stage.ts';

/** What `palisade demo` takes. */
export interface DemoOptions {
  /** Leaves the hardened stack running. */
  readonly keep: boolean;
  /** File of the HTML report. */
  readonly report: string;
  /** Where it runs; processes of this host where absent. */
  readonly runtime?: RuntimeChoice | undefined;
  readonly probeImage?: string | undefined;
  /** Another stack than the bundled one; its hardened copy goes beside it. */
  readonly stack?: string | undefined;
}

type DemoContext = ResultContext & { readonly width: number };

/** Says what is happening, and how long the step before took. */
const stopwatch = (context: DemoContext): ((what: string) => void) => {
  const start = context.clock.now();
  return (what) => {
    const seconds = ((context.clock.now() - start) / 1000).toFixed(1).padStart(5);
    context.progress(`[${seconds} s] ${what}`);
  };
};

const indented = (context: DemoContext): DemoContext => ({
  ...context,
  progress: (line) => context.progress(`          ${line}`),
});

/** Entries as a development team keeps them in its Vault, so that there is something to take over. */
const seedVault = async (stack: Stack, runtime: Runtime, context: DemoContext): Promise<void> => {
  const vault = findVault(stack);
  const endpoint = vault && runtime.endpoint(vault.name, vaultKind.ports['api'] ?? 8200);
  const token = vault?.environment.get('VAULT_DEV_ROOT_TOKEN_ID')?.value;
  if (endpoint === undefined || token === undefined || token === null) return;
  const client = createVaultClient({
    address: `http://127.0.0.1:${endpoint.port}`,
    plaintext: true,
    token: new Secret(token),
  });
  try {
    await client
      .kv2()
      .write(
        'postgres',
        { username: 'devuser', password: new Secret('devpassword'), owner: 'platform team' },
        { signal: context.signal },
      );
  } finally {
    await client.close();
  }
};

const refuseFailures = (services: readonly ServiceStatus[]): void => {
  const failed = services.find(({ state }) => state === 'failed');
  if (failed !== undefined)
    throw error('job/demo-service-failed', { service: failed.service, why: failed.detail ?? '' });
};

const leftOut = (services: readonly ServiceStatus[]): string =>
  services
    .filter(({ state }) => state === 'left-out')
    .map(({ service }) => service)
    .join(', ');

/**
 * The job behind `palisade demo` and `npm start`: the bundled stack in its development posture, assessed and attacked; hardened;
 * started again and attacked again. Its exit code is that of the second round of attacks.
 */
export const runDemo = async (options: DemoOptions, context: DemoContext): Promise<ExitCode> => {
  const places = demoPlaces(options.stack);
  const stage = stageOf(context, options);
  const say = stopwatch(context);
  const quiet = indented(context);
  const { signal } = context;
  await stage.clear(places.hardened);
  await stage.clear(places.development);
  if (existsSync(join(places.hardened, '.palisade', 'source.json')))
    await rm(places.hardened, { recursive: true, force: true });

  const development = await openProject({ directory: places.development }, context);
  const before = stage.open(development);
  let after: Runtime | undefined;
  let done = false;
  try {
    say('starting the development stack');
    const started = await before.up({ signal, progress: quiet.progress });
    refuseFailures(started);
    if (leftOut(started) !== '')
      quiet.progress(`not run here, for their kinds are not supported by this runtime yet: ${leftOut(started)}`);
    await seedVault(development, before, context);

    say('assessing and attacking the development posture');
    const token = findVault(development)?.environment.get('VAULT_DEV_ROOT_TOKEN_ID')?.value ?? undefined;
    const seen = await collectLiveEvidence(development, context, {
      runtime: before,
      vaultToken: () => Promise.resolve(token),
    });
    const first: Assessment = assessStack(development, context, seen);

    say(`hardening into ${relative('', places.hardened)}`);
    await prepareTarget({ source: places.development, target: places.hardened });
    const plan = await hardenDirectory(await openProject({ directory: places.hardened }, context), context);
    quiet.progress(
      `${plural(plan.changes.length, 'change')} applied, each journalled; palisade rollback ${relative('', places.hardened)} undoes them`,
    );

    say('bootstrapping Vault and bringing the hardened stack up');
    const hardened = await openProject({ directory: places.hardened }, context);
    after = stage.open(hardened);
    const predecessor = await takeOver(hardened, quiet);
    try {
      const { services } = await bringUp(hardened, after, { recipients: [], ...predecessor.options }, quiet);
      refuseFailures(services);
    } finally {
      await predecessor.close();
    }

    say('assessing and attacking the hardened posture');
    const evidence = await collectAsOperator(hardened, context, {
      runtime: after,
      formerCredentials: formerCredentialsOf(development),
    });
    const second = assessStack(hardened, context, evidence);

    const attacks = pairAttacks(attacksOf(first), attacksOf(second));
    const comparison: Comparison = { before: first, after: second, attacks };
    await context.result(renderComparison(comparison, context));
    const [reachBefore, reachAfter] = [seen, evidence].map((each) => matrixOf(each.of('reachability')));
    if (reachBefore !== undefined && reachAfter !== undefined)
      await context.result(
        `\nBefore\n\n${renderMatrix(reachBefore, context)}\nAfter\n\n${renderMatrix(reachAfter, context)}`,
      );
    await writeReport(
      options.report,
      renderHtml(second, {
        before: first,
        attacks,
        ...(reachAfter === undefined
          ? {}
          : { reachability: { after: reachAfter, ...(reachBefore === undefined ? {} : { before: reachBefore }) } }),
      }),
    );
    say(`the report is in ${options.report}`);
    done = true;
    return exitCodeOfAttacks(
      attacks.map(({ after: attack }) => attack),
      second.threshold,
    );
  } finally {
    // Also after Ctrl-C, whose signal must not cut the cleaning up short.
    const ended = stageOf({ ...context, signal: AbortSignal.timeout(120_000) }, options);
    const ending = { signal: AbortSignal.timeout(60_000), progress: () => undefined };
    if (!options.keep || !done) {
      await after?.down(ending);
      // Keys, certificates and logins of a Vault whose data goes are good for nothing; the hardened files stay, to be read.
      await ended.clear(places.hardened);
      for (const path of [join('.palisade', 'vault'), 'certs', 'secrets'])
        await rm(join(places.hardened, path), { recursive: true, force: true });
    }
    await before.down(ending);
    await ended.clear(places.development);
    say(
      options.keep && done
        ? `left running: palisade status ${relative('', places.hardened)}, palisade down ${relative('', places.hardened)}`
        : 'everything is stopped',
    );
  }
};
