import type { ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import type { KeyPath } from '../../contracts/location.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { relativeKeyPath } from './paths.ts';

type ComposeMap = { readonly [key: string]: ComposeValue };

/** True for a list. */
export const isList = (value: ComposeValue | undefined): value is readonly ComposeValue[] => Array.isArray(value);

/** True for a mapping. */
export const isMap = (value: ComposeValue | undefined): value is ComposeMap =>
  typeof value === 'object' && value !== null && !isList(value);

const child = (value: ComposeValue, key: string | number): ComposeValue | undefined => {
  if (isList(value)) return typeof key === 'number' ? value[key] : undefined;
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
};

/** The value below another; undefined where there is none. */
export const valueBelow = (value: ComposeValue | undefined, path: KeyPath): ComposeValue | undefined =>
  path.reduce<ComposeValue | undefined>((inner, key) => (inner === undefined ? undefined : child(inner, key)), value);

const withChild = (value: ComposeValue, key: string | number, inner: ComposeValue | undefined): ComposeValue => {
  if (isList(value)) {
    const index = Number(key);
    return inner === undefined ? value.toSpliced(index, 1) : value.with(index, inner);
  }
  const entries = isMap(value) ? Object.entries(value).filter(([name]) => name !== String(key)) : [];
  return Object.fromEntries(inner === undefined ? entries : [...entries, [String(key), inner]]);
};

const replaceBelow = (
  value: ComposeValue | undefined,
  path: KeyPath,
  replace: (inner: ComposeValue | undefined) => ComposeValue | undefined,
): ComposeValue | undefined => {
  const [key, ...rest] = path;
  if (key === undefined) return replace(value);
  if (isList(value) && (typeof key !== 'number' || key >= value.length)) return value;
  const inner = value === undefined ? undefined : child(value, key);
  return withChild(value ?? {}, key, replaceBelow(inner, rest, replace));
};

const result = (edit: ComposeEdit['edit'], before: ComposeValue | undefined): ComposeValue | undefined => {
  if (edit.op === 'set') return edit.value;
  if (edit.op === 'remove') return undefined;
  const list = isList(before) ? before : before === undefined || before === null ? [] : [before];
  return list.some((entry) => canonicalJson(entry) === canonicalJson(edit.value)) ? list : [...list, edit.value];
};

/** What stands at `path` after an edit, given what stood there before it; undefined stands for nothing. */
export const valueAfter = (
  path: KeyPath,
  before: ComposeValue | undefined,
  edit: ComposeEdit,
): ComposeValue | undefined => {
  const above = relativeKeyPath(path, edit.path);
  if (above !== undefined) {
    if (above.length > 0 && edit.edit.op === 'append') return before;
    return valueBelow(above.length === 0 ? result(edit.edit, before) : result(edit.edit, undefined), above);
  }
  const below = relativeKeyPath(edit.path, path);
  return below === undefined ? before : replaceBelow(before, below, (inner) => result(edit.edit, inner));
};
