import type { AnyControl, ChecklistItem } from '../contracts/control.ts';
import type { ChecklistAnswer, Finding } from '../contracts/finding.ts';

/** The pre-production checklist: its items in the page's order, in the page's own words. */
export const checklistItems: readonly { readonly item: ChecklistItem; readonly title: string }[] = [
  { item: 'no-root-token', title: 'Remove root token from service configurations' },
  { item: 'approle', title: 'Implement AppRole authentication for services' },
  { item: 'least-privilege-policies', title: 'Create least-privilege Vault policies' },
  { item: 'tls-only', title: 'Enable TLS-only mode (disable HTTP)' },
  { item: 'mutual-tls', title: 'Implement mutual TLS between services' },
  { item: 'endpoint-authentication', title: 'Add authentication to all application endpoints' },
  { item: 'rate-limiting', title: 'Implement rate limiting' },
  { item: 'vault-audit', title: 'Enable audit logging on Vault' },
  { item: 'database-audit', title: 'Enable audit logging on databases' },
  { item: 'log-aggregation', title: 'Configure log aggregation and monitoring' },
  { item: 'alerts', title: 'Set up automated alerts' },
  { item: 'secret-rotation', title: 'Implement secret rotation' },
  { item: 'firewall', title: 'Configure firewall rules' },
  { item: 'container-scanning', title: 'Enable container security scanning' },
  { item: 'network-policies', title: 'Review and restrict network policies' },
  { item: 'no-debug-logging', title: 'Remove debug logging' },
  { item: 'file-permissions', title: 'Set proper file permissions' },
  { item: 'backup-encryption', title: 'Implement backup encryption' },
  { item: 'intrusion-detection', title: 'Configure intrusion detection' },
  { item: 'security-audit', title: 'Perform security audit' },
  { item: 'documented-procedures', title: 'Document security procedures' },
];

/** What the checklist is answered from. */
export interface ChecklistInput {
  readonly controls: readonly AnyControl[];
  readonly findings: readonly Finding[];
  /** Ids of controls that had something to look at and did not run. */
  readonly notRun: ReadonlySet<string>;
  /** Active services that no kind knows: what only a kind can judge is not known of them. */
  readonly unjudged?: readonly string[];
}

/** Items that a service answers through the controls of its kind alone. */
const needsKind: ReadonlySet<ChecklistItem> = new Set([
  'tls-only',
  'mutual-tls',
  'endpoint-authentication',
  'rate-limiting',
  'database-audit',
]);

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const judge = (
  controls: readonly AnyControl[],
  findings: readonly Finding[],
  idle: number,
): Pick<ChecklistAnswer, 'state' | 'because'> => {
  if (controls.length === 0)
    return { state: 'manual', because: 'no control answers it in this version: a person has to look' };
  const having = (outcome: Finding['outcome']): readonly Finding[] =>
    findings.filter((finding) => finding.outcome === outcome);
  const failing = having('fail');
  const unknown = having('unknown');
  const passing = having('pass');
  // An accepted failure is still a failure: the checklist says what is so, not what somebody lives with.
  if (failing.length > 0) {
    const accepted = failing.filter(({ suppression }) => suppression !== undefined).length;
    const note = accepted === 0 ? '' : `, ${accepted} of them accepted for a time`;
    return { state: 'fail', because: `${count(failing.length, 'finding')}${note}: ${failing[0]?.message ?? ''}` };
  }
  if (unknown.length > 0)
    return { state: 'unknown', because: `${count(unknown.length, 'unknown')}: ${unknown[0]?.message ?? ''}` };
  if (idle > 0) {
    const files = passing.length > 0 ? 'the files pass, but ' : '';
    return {
      state: 'unknown',
      because: `${files}${count(idle, 'control')} of running services did not run in this static assessment`,
    };
  }
  if (passing.length > 0) return { state: 'pass', because: `${count(passing.length, 'check')} passed, none failed` };
  return { state: 'unknown', because: 'its controls found nothing in this stack that they could judge' };
};

/** Answers every item of the checklist from the findings of its controls. A pass needs a control that passed. */
export const answerChecklist = ({
  controls,
  findings,
  notRun,
  unjudged = [],
}: ChecklistInput): readonly ChecklistAnswer[] =>
  checklistItems.map(({ item, title }) => {
    const own = controls.filter((control) => control.checklist?.includes(item));
    const ids = own.map(({ id }) => id);
    const answer = judge(
      own,
      findings.filter((finding) => ids.includes(finding.control)),
      ids.filter((id) => notRun.has(id)).length,
    );
    // That nothing was found in what was looked at is no pass for what was not.
    if (answer.state === 'pass' && unjudged.length > 0 && needsKind.has(item))
      return {
        item,
        title,
        state: 'unknown',
        because: `${answer.because}, but no kind knows ${unjudged.join(', ')}`,
        controls: ids,
      };
    return { item, title, ...answer, controls: ids };
  });
