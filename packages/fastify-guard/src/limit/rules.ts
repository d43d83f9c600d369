import { GuardError } from '../errors.ts';
import { requireOneOf, unknownOptions } from '../options/check.ts';
import { type Rate, type RateText, readRate } from './rate.ts';

/** Whose requests are counted together: those of an address (IPv6 by /64), of an identity, or of all callers. */
export type LimitSubject = 'address' | 'subject' | 'everybody';

/** A limit as an option. Several rates hold at once. */
export interface LimitRule {
  /**
   * `address` and `everybody` are counted before anybody looks at credentials, so that failed logins count; `subject` after.
   */
  readonly per: LimitSubject;
  readonly rates: readonly RateText[];
}

/** One rate of one rule at one place. */
export interface SettledLimit extends Rate {
  /** Unique; is the name of the policy in the headers too. */
  readonly name: string;
  readonly per: LimitSubject;
}

/** Reads rules; `place` says what they count: `all`, `group.login`, `route.GET /x`. Throws GuardError. */
export const readRules = (rules: readonly LimitRule[], place: string, where: string): readonly SettledLimit[] => {
  if (!Array.isArray(rules)) throw new GuardError('guard/option-invalid', `${where} must be a list of limits`);
  const settled = rules.flatMap((rule: LimitRule, index) => {
    const at = `${where}[${index}]`;
    unknownOptions(rule, ['per', 'rates'], at);
    requireOneOf(rule.per, ['address', 'subject', 'everybody'], `${at}.per`);
    if (!Array.isArray(rule.rates) || rule.rates.length === 0)
      throw new GuardError('guard/option-invalid', `${at}.rates must be a list of rates`);
    return rule.rates.map((text: string): SettledLimit => {
      const rate = readRate(text, `${at}.rates`);
      return { ...rate, per: rule.per, name: `${place}.${rule.per}.${rate.window}s` };
    });
  });
  const names = settled.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new GuardError('guard/option-invalid', `${where} says ${twice} twice`);
  return settled;
};
