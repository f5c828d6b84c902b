/** SQLSTATEs for somebody else's lock: a timeout, or a deadlock. */
export const LOCK_NOT_AVAILABLE = '55P03';
export const DEADLOCK_DETECTED = '40P01';
export const UNDEFINED_TABLE = '42P01';

/** Whether the server has no room for another lock; its code alone only says that memory was short. */
export function isOutOfLocks(error: unknown): boolean {
  const { code, hint } = (error ?? {}) as { code?: string; hint?: string };
  return code === '53200' && hint?.includes('max_locks_per_transaction') === true;
}

/** A SQLSTATE contains a digit; a system error's code, such as EPIPE, does not. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/**
 * Whether an error with this code means that the connection is lost, and any answer with it: a system error, no code, a
 * shutdown by an administrator (57P) or a connection exception (08).
 */
export function isLost(code: string | undefined): boolean {
  return code === undefined || !SQLSTATE.test(code) || /^(57P|08)/.test(code);
}

/** PostgreSQL's names of its conditions; for others, the name of their class, which is the first two characters. */
const CONDITIONS: Readonly<Record<string, string>> = {
  '08': 'connection exception',
  '0A': 'feature not supported',
  '0A000': 'feature not supported',
  '21': 'cardinality violation',
  '22': 'data exception',
  '22001': 'string data right truncation',
  '22003': 'numeric value out of range',
  '22007': 'invalid datetime format',
  '22008': 'datetime field overflow',
  '22012': 'division by zero',
  '22021': 'character not in repertoire',
  '22023': 'invalid parameter value',
  '22P02': 'invalid text representation',
  '22P03': 'invalid binary representation',
  '22P04': 'bad copy file format',
  '22P05': 'untranslatable character',
  '23': 'integrity constraint violation',
  '23001': 'restrict violation',
  '23502': 'not null violation',
  '23503': 'foreign key violation',
  '23505': 'unique violation',
  '23514': 'check violation',
  '23P01': 'exclusion violation',
  '25': 'invalid transaction state',
  '25001': 'active sql transaction',
  '25006': 'read only sql transaction',
  '25P02': 'in failed sql transaction',
  '25P04': 'transaction timeout',
  '28': 'invalid authorization specification',
  '2B': 'dependent privilege descriptors still exist',
  '2BP01': 'dependent objects still exist',
  '38': 'external routine exception',
  '39': 'external routine invocation exception',
  '40': 'transaction rollback',
  '40001': 'serialization failure',
  '40P01': 'deadlock detected',
  '42': 'syntax error or access rule violation',
  '42501': 'insufficient privilege',
  '42601': 'syntax error',
  '42701': 'duplicate column',
  '42703': 'undefined column',
  '42704': 'undefined object',
  '42710': 'duplicate object',
  '42804': 'datatype mismatch',
  '42830': 'invalid foreign key',
  '42883': 'undefined function',
  '42P01': 'undefined table',
  '42P06': 'duplicate schema',
  '42P07': 'duplicate table',
  '42P16': 'invalid table definition',
  '42P17': 'invalid object definition',
  '44000': 'with check option violation',
  '53': 'insufficient resources',
  '53100': 'disk full',
  '53200': 'out of memory',
  '53300': 'too many connections',
  '54': 'program limit exceeded',
  '55': 'object not in prerequisite state',
  '55006': 'object in use',
  '55P02': 'cannot change runtime parameter',
  '55P03': 'lock not available',
  '55P04': 'unsafe use of new value of an enum',
  '57': 'operator intervention',
  '57014': 'query canceled',
  '57P01': 'admin shutdown',
  '57P03': 'cannot connect now',
  '58': 'system error',
  '58030': 'io error',
  HV: 'foreign data wrapper error',
  P0: 'PL/pgSQL error',
  P0001: 'raised by a function',
  XX: 'internal error',
  XX001: 'data corrupted',
  XX002: 'index corrupted',
};

/**
 * A SQLSTATE with the server's name for it, as in `unique violation, 23505`. The server's whole message would quote
 * rows. Any other code, such as EPIPE, is kept as it is.
 */
export function conditionOf(code: string): string {
  const words = code.length === 5 ? (CONDITIONS[code] ?? CONDITIONS[code.slice(0, 2)]) : undefined;
  return words === undefined ? code : `${words}, ${code}`;
}
