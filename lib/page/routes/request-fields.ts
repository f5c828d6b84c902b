import { BadRequestException } from '@nestjs/common';
import { withCode } from '../../http/error-response.js';
import { unknownProperties } from '../../http/unknown-properties.js';

/** What a field of a JSON body may be. `optional` ones may be null, too. */
interface FieldRule {
  readonly type: 'string' | 'boolean' | 'count';
  readonly optional?: boolean;
}

type Rules = Readonly<Record<string, FieldRule>>;
type Fields<Some extends Rules> = {
  readonly [Name in keyof Some]: Some[Name] extends { optional: true }
    ? ValueOf<Some[Name]> | undefined
    : ValueOf<Some[Name]>;
};
type ValueOf<Rule extends FieldRule> = { string: string; boolean: boolean; count: number }[Rule['type']];

/** The fields that name a stored backup. */
export const BACKUP_FIELDS = { destination: { type: 'string' }, id: { type: 'string' } } as const;

/**
 * Reads the body of an action; its `key` was checked by a guard. Values are never echoed.
 * @throws BadRequestException `INVALID_BODY`, a message per field
 */
export function readFields<const Some extends Rules>(body: unknown, rules: Some): Fields<Some> {
  const given = body as Record<string, unknown>;
  const accepted = ['key', ...Object.keys(rules)];
  const problems = unknownProperties(given, accepted);
  for (const [name, { type, optional }] of Object.entries(rules)) {
    const value = own(given, name);
    if (optional && (value === undefined || value === null)) continue;
    if (!isOfType(value, type)) problems.push(`${name} must be a ${type === 'count' ? 'whole number' : type}`);
  }
  if (problems.length > 0) throw withCode(new BadRequestException(problems), 'INVALID_BODY');
  return Object.fromEntries(Object.keys(rules).map((name) => [name, own(given, name) ?? undefined])) as Fields<Some>;
}

function isOfType(value: unknown, type: FieldRule['type']): boolean {
  return type === 'count' ? Number.isSafeInteger(value) && (value as number) >= 0 : typeof value === type;
}

function own(given: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}
