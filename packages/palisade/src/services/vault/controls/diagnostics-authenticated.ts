import type { Control } from '../../../contracts/control.ts';
import { known } from '../known.ts';
import { tcpListeners } from '../configuration.ts';
import '../evidence.ts';
import { asBoolean, blocksOf, entryOf } from '../hcl/read.ts';
import { productOf } from '../matching.ts';
import { fail, judgeAnswers, judgeServers } from '../observe.ts';
import { tcpListener } from '../references.ts';

const switches = [
  ['telemetry', 'unauthenticated_metrics_access', 'metrics'],
  ['profiling', 'unauthenticated_pprof_access', 'profiles of its memory'],
  ['inflight_requests_logging', 'unauthenticated_in_flight_requests_access', 'requests under way'],
] as const;

/** V13: metrics and profiles want a token. */
export const control: Control<'vault'> = {
  id: 'vault/diagnostics-authenticated',
  aliases: ['V13'],
  title: 'Metrics and profiles want a token',
  severity: 'medium',
  rationale:
    'A profile of the process can hold tokens and secrets that are in its memory; metrics tell an attacker which mounts and methods there are and whether somebody watches.',
  fix: 'Set unauthenticated_metrics_access and unauthenticated_pprof_access to false, and let the collector log in.',
  references: [tcpListener],
  static: (stack) =>
    judgeServers(stack, {
      *development(service, { at }) {
        // OpenBao opens them in this mode, Vault does not.
        if (productOf(service) === 'openbao')
          yield fail(`${service.name} is a development server, which gives its metrics to everybody`, at, 'metrics');
        else yield { outcome: 'not-applicable', message: 'a development server has no setting for it', at };
      },
      *configured({ name, at }, documents) {
        let open = 0;
        for (const { body, locate } of tcpListeners(documents))
          for (const [block, key, what] of switches)
            for (const { body: inner } of blocksOf(body, block, 0)) {
              const entry = entryOf(inner, key);
              if (entry === undefined || asBoolean(entry.value) === false) continue;
              open += 1;
              yield fail(`${name} gives ${what} to everybody`, locate(entry.at), what);
            }
        if (open === 0) yield { outcome: 'pass', message: 'asks for a token before it gives metrics or profiles', at };
      },
    }),
  live: {
    attack: 'read metrics and memory profiles without a token',
    needs: ['vault'],
    assess: (stack, evidence) =>
      judgeAnswers(
        evidence,
        ({ openMetrics, openProfiles }) => {
          const open = [
            ...(openMetrics.known && openMetrics.value ? ['metrics'] : []),
            ...(openProfiles.known && openProfiles.value ? ['profiles of its memory'] : []),
          ];
          if (open.length > 0) return known(open);
          if (!openMetrics.known) return openMetrics;
          return openProfiles.known ? known(open) : openProfiles;
        },
        (open, name) =>
          open.length > 0
            ? {
                outcome: 'fail',
                key: open[0] ?? 'metrics',
                message: `${name} gives ${open.join(' and ')} to everybody`,
              }
            : { outcome: 'pass', message: 'asks for a token before it gives metrics or profiles' },
        stack,
      ),
  },
};
