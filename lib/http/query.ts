import { BadRequestException } from '@nestjs/common';
import { parseUtcTime } from '../support/utc-time.js';
import { withCode } from './error-response.js';

/** The parameters of a query as the platform has parsed them: one that is repeated is a list. */
export type Query = Readonly<Record<string, unknown>>;

/** For parameters that are times. */
export const TIME_FORM = 'a time in UTC as in 2026-11-30T12:00:00Z (ISO 8601)';

/** @throws BadRequestException `INVALID_BODY` */
export function textIn(query: Query, name: string): string | undefined {
  const { [name]: value } = query;
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(name, 'a string');
}

/** From 1 on. @throws BadRequestException `INVALID_BODY` */
export function numberIn(
  query: Query,
  name: string,
  { most, or }: { readonly most: number; readonly or: number },
): number {
  const { [name]: given = String(or) } = query;
  const value = typeof given === 'string' && /^\d{1,7}$/.test(given) ? Number(given) : 0;
  if (value >= 1 && value <= most) return value;
  throw invalid(name, `a whole number from 1 to ${most}`);
}

/** @throws BadRequestException `INVALID_BODY` */
export function timeIn(query: Query, name: string): Date | undefined {
  const { [name]: value } = query;
  if (value === undefined) return undefined;
  const time = typeof value === 'string' ? parseUtcTime(value) : undefined;
  if (!time) throw invalid(name, TIME_FORM);
  return time;
}

function invalid(name: string, expected: string): BadRequestException {
  return withCode(new BadRequestException([`${name} must be ${expected}`]), 'INVALID_BODY');
}
