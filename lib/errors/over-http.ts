import type { BackupError } from './backup-error.js';

/** The name of an option of the command line; not one of Node. */
const FLAG = /(^|[\s(])--?[a-z]/;

/**
 * The message as an answer over HTTP and the page tell it, whose readers have no command line at hand: what names an
 * option of that says where it belongs.
 */
export function messageOverHttp({ problem, remedy, remedyOverHttp }: BackupError): string {
  const next = remedyOverHttp ?? (FLAG.test(remedy) ? `On the command line: ${remedy}` : remedy);
  return next === '' ? problem : `${problem} ${next}`;
}
