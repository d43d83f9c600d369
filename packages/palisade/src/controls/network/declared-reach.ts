import type { Control, Observation } from '../../contracts/control.ts';
import type { Evidence, ReachCell, ReachTry } from '../../contracts/evidence.ts';
import type { Stack } from '../../contracts/stack.ts';

const wayOf = ({ tries }: ReachCell): ReachTry | undefined =>
  tries.find(({ outcome }) => outcome === 'open') ??
  tries.find(({ outcome, over }) => outcome === 'refused' && over !== 'host');

const shown = (cell: ReachCell): string => {
  const way = wayOf(cell);
  return way === undefined
    ? cell.to
    : `${cell.to} (port ${way.port} over ${way.over}${way.address.includes(':') ? ' by IPv6' : ''})`;
};

const namesOf = (cells: readonly ReachCell[]): string => cells.map(({ to }) => to).join(', ');

function* observe(stack: Stack, evidence: Evidence<'reachability'>): Generator<Observation> {
  for (const [name, answer] of evidence.of('reachability')) {
    if (!stack.services.has(name)) continue;
    const resource = { type: 'service', name } as const;
    if (!answer.known) {
      yield { outcome: 'unknown', resource, message: answer.why };
      continue;
    }
    if (!answer.value.contained) {
      yield { outcome: 'not-applicable', resource, message: answer.value.why };
      continue;
    }
    const { cells } = answer.value;
    const of = (verdict: ReachCell['verdict']): readonly ReachCell[] =>
      cells.filter((cell) => cell.verdict === verdict);
    for (const cell of of('undeclared'))
      yield {
        outcome: 'fail',
        resource,
        message: `${name} reaches ${shown(cell)}, and neither calls the other`,
        key: cell.to,
      };
    if (of('undeclared').length > 0) continue;
    const [broken, unknown] = [of('broken'), of('unknown')];
    if (broken.length > 0)
      // Where not even what is declared was reached, that nothing else was is no proof.
      yield { outcome: 'unknown', resource, message: `does not even reach ${namesOf(broken)}, which it calls` };
    else if (unknown.length > 0)
      yield { outcome: 'unknown', resource, message: `whether it reaches ${namesOf(unknown)} is not known` };
    else yield { outcome: 'pass', resource, message: 'reaches nobody but those whom it calls and who call it' };
  }
}

/** N09: from inside its networks a service reaches those whom it calls or who call it, and nobody else. */
export const control: Control<'reachability'> = {
  id: 'network/declared-reach',
  aliases: ['N09'],
  title: 'Networks lead only where a call is declared',
  severity: 'medium',
  rationale:
    'Whoever takes over one service tries every other one that answers. A network that joins two services without need, a second network that somebody connected, or a port published on every address opens a way that no file of the project shows.',
  fix: 'Put services that do not call each other on different networks, publish ports on 127.0.0.1 alone, and declare a call that is not visible with `depends_on`.',
  references: [
    { source: 'Compose specification, networks', url: 'https://docs.docker.com/reference/compose-file/networks/' },
    { source: 'NIST SP 800-190', section: '4.4.2', url: 'https://doi.org/10.6028/NIST.SP.800-190' },
  ],
  checklist: ['network-policies'],
  live: { needs: ['reachability'], attack: 'reach a service that has nothing to do with it', assess: observe },
};
