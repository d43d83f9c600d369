import { createColors } from 'picocolors';
import type { Attack } from '../contracts/attack.ts';
import { matrixOf } from '../report/matrix.ts';
import { severities } from '../report/order.ts';
import { renderMatrix } from '../report/reachability.ts';
import { printable } from '../report/text.ts';
import type { ExitCode } from '../support/errors.ts';
import { assessStack } from './assess.ts';
import { attacksOf, exitCodeOfAttacks } from './attacks.ts';
import type { ResultContext } from './context.ts';
import { collectAsOperator } from './live.ts';
import { type RuntimeOptions, openRuntime } from './open-runtime.ts';
import { type ProjectOptions, openProject } from './project.ts';

const width = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));

const render = (attacks: readonly Attack[], color: boolean): string => {
  const colors = createColors(color);
  const paint = { accepted: colors.red, refused: colors.green, unknown: colors.magenta };
  const [services, acts] = [width(attacks.map(({ service }) => service)), width(attacks.map(({ act }) => act))];
  return attacks
    .map(
      ({ service, act, result, detail }) =>
        `${paint[result](result.padEnd(8))}  ${service.padEnd(services)}  ${act.padEnd(acts)}  ${colors.dim(printable(detail))}\n`,
    )
    .join('');
};

/** The job behind `palisade verify`: its exit code counts attacks at or above the threshold. */
export const verifyProject = async (
  options: ProjectOptions & RuntimeOptions & { readonly json: boolean },
  context: ResultContext,
): Promise<ExitCode> => {
  const stack = await openProject(options, context);
  const runtime = openRuntime(stack, context, options);
  context.progress(`attacking the running services of ${stack.name} on loopback`);
  const evidence = await collectAsOperator(stack, context, { runtime });
  const rank = { accepted: 0, unknown: 1, refused: 2 };
  const attacks = attacksOf(assessStack(stack, context, evidence)).toSorted(
    (a, b) =>
      rank[a.result] - rank[b.result] ||
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      a.service.localeCompare(b.service),
  );
  const matrix = matrixOf(evidence.of('reachability'));
  await context.result(
    options.json
      ? `${JSON.stringify({ attacks, ...(matrix === undefined ? {} : { reachability: matrix.rows }) }, null, 2)}\n`
      : `${render(attacks, context.color)}${matrix === undefined ? '' : `\n${renderMatrix(matrix, context)}`}`,
  );
  const count = (result: Attack['result']): number => attacks.filter((attack) => attack.result === result).length;
  context.progress(
    `${attacks.length} attacks: ${count('accepted')} accepted, ${count('refused')} refused, ${count('unknown')} unknown`,
  );
  return exitCodeOfAttacks(attacks, stack.configuration.threshold);
};
