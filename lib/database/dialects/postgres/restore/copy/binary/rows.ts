import { type Bytes, bytesOf } from '../../../../../../jsonl/bytes.js';
import type { ColumnEncoding, LineBlock } from '../../../../../../jsonl/format.js';
import { LineValues } from '../../../../../../jsonl/line-values.js';
import type { ArchivedLines, LoadColumn } from '../../../../restore-dialect.js';
import type { PgTable } from '../../../catalog.js';
import type { PgClient } from '../../../connection.js';
import type { NullWatch } from '../../not-null.js';
import { bool, bytea, jsonb, padded, text, uuid } from './bytes.js';
import { type BinaryEncoder, MOST_MORE_BYTES } from './encoder.js';
import { float4, float8, int2, int4, int8 } from './numbers.js';
import { numeric } from './numeric.js';
import { date, time, timestamp, timestamptz } from './times.js';

/** By the function that a type receives the binary form of its values with, and how the archive has them. See `RECEIVERS`. */
const ENCODERS: Readonly<Record<string, readonly [ColumnEncoding, BinaryEncoder]>> = {
  textrecv: ['text', text],
  varcharrecv: ['text', text],
  bpcharrecv: ['text', text],
  'bpcharrecv of a length': ['text', padded],
  enum_recv: ['text', text],
  json_recv: ['text', text],
  jsonb_recv: ['text', jsonb],
  boolrecv: ['boolean', bool],
  bytearecv: ['hex', bytea],
  uuid_recv: ['text', uuid],
  int2recv: ['integer', int2],
  int4recv: ['integer', int4],
  int8recv: ['text', int8],
  float4recv: ['text', float4],
  float8recv: ['text', float8],
  numeric_recv: ['text', numeric],
  date_recv: ['text', date],
  time_recv: ['text', time],
  timestamp_recv: ['text', timestamp],
  timestamptz_recv: ['text', timestamptz],
};

const RECEIVERS = `
  SELECT a.attname AS name, p.proname || CASE WHEN p.proname = 'bpcharrecv' AND a.atttypmod > 0 THEN ' of a length' ELSE '' END
    AS receiver
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_proc p ON p.oid = t.typreceive
  WHERE a.attrelid = $1 AND a.attnum > 0 AND p.pronamespace = 'pg_catalog'::regnamespace`;

/** Begins the binary format of COPY: its signature, no flags, no extension. */
export const BINARY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const BINARY_TRAILER = Buffer.from([0xff, 0xff]);
const NULL_LENGTH = -1;

/**
 * Rows in the binary format of COPY, which costs the server less than half of what text does: it neither looks for
 * separators and escapes in it nor parses numbers.
 */
export class BinaryRows {
  private readonly values: LineValues;

  private constructor(
    lines: ArchivedLines,
    columns: readonly LoadColumn[],
    private readonly encoders: readonly BinaryEncoder[],
  ) {
    const named = columns.map(({ target, encoding }) => ({ name: target.name, encoding }));
    this.values = new LineValues({ name: lines.model, columns: named, primaryKey: lines.primaryKey });
  }

  /** @returns undefined for a table with a type whose binary form is not known here, and for one without columns */
  static async of(
    client: PgClient,
    { oid }: PgTable,
    lines: ArchivedLines,
    columns: readonly LoadColumn[],
  ): Promise<BinaryRows | undefined> {
    const { rows } = await client.query(RECEIVERS, [oid]);
    const receivers = new Map(rows.map(({ name, receiver }) => [name as string, receiver as string]));
    const encoders = columns.flatMap(({ target, encoding }) => {
      const [expected, encoder] = ENCODERS[receivers.get(target.name) ?? ''] ?? [];
      return encoder && expected === encoding ? [encoder] : [];
    });
    if (columns.length === 0 || encoders.length < columns.length) return undefined;
    return new BinaryRows(lines, columns, encoders);
  }

  /** How many bytes the rows of a block may take. */
  most({ bytes, count }: LineBlock): number {
    return bytes.length + count * (2 + this.encoders.length * MOST_MORE_BYTES);
  }

  /**
   * @param rows memory for them
   * @returns how much of it is filled; undefined when something in the block has to be read by the server as text
   */
  encode(block: LineBlock, rows: Buffer, nulls: NullWatch): number | undefined {
    const { values, encoders } = this;
    const to = bytesOf(rows);
    let at = 0;
    values.begin(block);
    for (let row = 0; row < block.count; row++) {
      if (!values.next()) return undefined;
      to.view.setInt16(at, encoders.length);
      at += 2;
      for (let column = 0; column < encoders.length; column++) {
        if (values.starts[column]! < 0 && nulls.watched[column]) nulls.see(column);
        at = this.put(column, to, at);
        if (at < 0) return undefined;
      }
    }
    return at;
  }

  /** @returns where it ends, or -1 */
  private put(column: number, to: Bytes, at: number): number {
    const { sources, starts, ends } = this.values;
    const start = starts[column]!;
    if (start < 0) {
      to.view.setInt32(at, NULL_LENGTH);
      return at + 4;
    }
    const end = this.encoders[column]!(sources[column]!, start, ends[column]!, to, at + 4);
    if (end >= 0) to.view.setInt32(at, end - at - 4);
    return end;
  }
}
