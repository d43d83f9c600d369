import type { Resource } from '../../contracts/control.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { sha256 } from '../../support/files.ts';
import { resourceKey } from './resource.ts';

/** Parts of a message that differ from run to run, or when lines are inserted elsewhere. */
const volatile = new RegExp(
  [
    String.raw`\d{4}-\d{2}-\d{2}(?:t[\d:.]+z?)?`,
    String.raw`\b(?:line|column)s? \d+(?:[-–]\d+)?`,
    String.raw`(?<=\.\w{1,12}):\d+(?::\d+)?`,
    String.raw`\b\d+(?:\.\d+)? ?(?:ms|milliseconds?|s|seconds?|min|minutes?|h|hours?|d|days?|weeks?|%)(?!\w)`,
  ].join('|'),
  'g',
);

/** A message without dates, durations, line numbers, capitals and spacing. */
export const normaliseMessage = (message: string): string =>
  message.toLowerCase().replaceAll(volatile, '#').replaceAll(/\s+/g, ' ').trim();

/**
 * The identity of a finding over time, for baselines and SARIF's `partialFingerprints`: SHA-256 (hex) over control,
 * resource, the failure's own key and an ordinal among equal ones. No line number is part of it.
 */
export const fingerprint = (control: string, resource: Resource, key: string, ordinal: number): string =>
  sha256(canonicalJson([control, resourceKey(resource), key, ordinal]));
