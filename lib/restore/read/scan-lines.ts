import type { ManifestTable } from '../../manifest/manifest.js';
import { LineScanner } from '../../database/line-scanner.js';
import { lineTemplate } from '../../database/line-template.js';
import type { LineValue } from '../../database/dialects/restore-dialect.js';
import { valueCheck } from '../../database/line-values.js';

/** Encodings that the scanner tells apart; values of the others are strings too, and checked here. */
const SCANNED = new Set(['integer', 'boolean', 'hex']);

/**
 * Reads lines that are written exactly as this version writes them, in a fraction of the time that parsing takes.
 * @returns undefined when a line is not, right or wrong: the block has to be parsed
 */
export function plainLines({ name, columns, primaryKey }: ManifestTable): (bytes: Buffer) => LineValue[][] | undefined {
  const written = columns.map((column) => ({ ...column, generated: false }));
  const template = lineTemplate({ columns: written, primaryKey }, name);
  const scanner = new LineScanner(
    template,
    template.columns.map(({ encoding }) => (SCANNED.has(encoding) ? encoding : 'text')),
  );
  const order = written.map((column) => template.columns.indexOf(column));
  const readers = columns.map(({ encoding }, index) => valueReader(scanner, order[index]!, encoding));

  return (bytes) => {
    const rows: LineValue[][] = [];
    for (let at = 0; at < bytes.length; ) {
      at = scanner.scan(bytes, at);
      if (at < 0) return undefined;
      const row: LineValue[] = [];
      for (const read of readers) {
        const value = read(bytes);
        if (value === undefined) return undefined;
        row.push(value);
      }
      rows.push(row);
    }
    return rows;
  };
}

function valueReader(
  scanner: LineScanner,
  column: number,
  encoding: ManifestTable['columns'][number]['encoding'],
): (bytes: Buffer) => LineValue | undefined {
  const isValue = valueCheck(encoding);
  const isText = encoding === 'text';
  return (bytes) => {
    if (scanner.nulls[column] === 1) return null;
    const [start, end] = [scanner.starts[column]!, scanner.ends[column]!];
    if (encoding === 'integer') return Number(bytes.toString('latin1', start, end));
    if (encoding === 'boolean') return end - start === 4;
    const raw = bytes.toString('utf8', start, end);
    const text = scanner.escaped[column] === 1 ? (JSON.parse(`"${raw}"`) as string) : raw;
    return isText || isValue(text) ? text : undefined;
  };
}
