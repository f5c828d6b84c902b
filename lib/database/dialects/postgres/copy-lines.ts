import type { LineTemplate } from '../../line-template.js';
import type { PgTable } from './catalog.js';
import { jsonValue } from './columns.js';
import { rowsOf } from './relations.js';

/** Functions that take any number of arguments take at most a hundred. */
const MAX_ARGUMENTS = 90;

/**
 * A COPY whose rows are lines of `backup.jsonl`, written by the server. The format is csv with a quote and a delimiter
 * that JSON never contains unescaped, so that nothing of a line is escaped a second time.
 */
export function copyLinesSql(table: PgTable, template: LineTemplate): string {
  const parts = template.literals.flatMap((literal, index) => {
    const column = template.columns[index];
    return column ? [quoteLiteral(literal), jsonValue(column)] : [quoteLiteral(literal)];
  });
  return `COPY (SELECT ${concatenation(parts)} FROM ${rowsOf(table)}) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')`;
}

function concatenation(parts: readonly string[]): string {
  if (parts.length <= MAX_ARGUMENTS) return `concat(${parts.join(', ')})`;
  const size = Math.ceil(parts.length / MAX_ARGUMENTS);
  const groups: string[] = [];
  for (let start = 0; start < parts.length; start += size) groups.push(concatenation(parts.slice(start, start + size)));
  return concatenation(groups);
}

function quoteLiteral(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
