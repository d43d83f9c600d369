import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isUnbounded } from '../host-based-access.ts';
import { hostBasedAccessOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

/** P05: rules name addresses, and do not admit the world. */
export const control: Control<'postgres'> = {
  id: 'postgres/narrow-host-rules',
  aliases: ['P05'],
  title: 'No rule of PostgreSQL admits every address',
  severity: 'medium',
  rationale:
    'A rule for every address holds also on the day on which a port is published by mistake; a narrow one keeps strangers out even then.',
  fix: 'Write samenet, or the subnet of the consumers, in the address column of each rule.',
  references: [cisPostgres('5.4'), documentation('auth-pg-hba-conf')],
  checklist: ['network-policies'],
  static: askFiles(function* (service, stack) {
    const access = hostBasedAccessOf(stack, service);
    if (access.state === 'unknown') {
      yield { outcome: 'unknown', message: access.why, at: access.at };
      return;
    }
    const wide = access.rules.filter(
      ({ address, method }) => method !== 'reject' && address !== undefined && isUnbounded(address),
    );
    for (const rule of wide)
      yield {
        outcome: 'fail',
        message: `a ${rule.type} rule admits ${rule.address === 'all' ? 'every address' : (rule.address ?? '')}`,
        at: rule.at,
        key: `${rule.type} ${rule.address ?? ''}`,
      };
    if (wide.length === 0) yield { outcome: 'pass', message: 'every rule that admits names a range', at: access.at };
  }),
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ rules }) {
      if (!rules.known) {
        yield unanswered(rules);
        return;
      }
      const wide = rules.value.filter(
        ({ address, method }) => method !== 'reject' && address !== undefined && isUnbounded(address),
      );
      for (const { type, address = '', line } of wide)
        yield { outcome: 'fail', message: `line ${line} of pg_hba.conf admits ${address}`, key: `${type} ${address}` };
      if (wide.length === 0) yield { outcome: 'pass', message: 'every loaded rule that admits names a range' };
    }),
  },
};
