import type { SequenceState } from '../../../catalog-table.js';
import { modelName, type TableLocation } from '../../../table-location.js';
import type { EngineValues } from '../../../values/engine-values.js';
import { LOCAL } from '../../../values/zone.js';
import { reader } from './reader.js';
import { writer } from './writer.js';

const LONGEST_NAME_BYTES = 63;

export const postgresValues: EngineValues = {
  family: 'postgres',
  lineage: 'postgres',
  // The driver reads and writes a timestamp without time zone in this process's zone.
  zone: LOCAL,
  reader,
  writer,
  isTooLong: (name) => Buffer.byteLength(name) > LONGEST_NAME_BYTES,
  counterName,
  nextOf,
  stateOf,
};

/**
 * The name that the server gives the sequence of a serial or identity column: if it is too long, its longer half is
 * truncated.
 */
export function counterName({ schema, name }: TableLocation, column: string): string {
  const room = LONGEST_NAME_BYTES - '__seq'.length;
  const [table, own] = [Buffer.from(name), Buffer.from(column)];
  let [ofTable, ofColumn] = [table.length, own.length];
  while (ofTable + ofColumn > room) {
    if (ofTable > ofColumn) ofTable--;
    else ofColumn--;
  }
  const [first, second] = [table.subarray(0, ofTable), own.subarray(0, ofColumn)];
  return modelName({ schema, name: `${first.toString('utf8')}_${second.toString('utf8')}_seq` });
}

function nextOf({ value, called }: SequenceState): bigint {
  return called === false ? BigInt(value) : BigInt(value) + 1n;
}

function stateOf(name: string, next: bigint): SequenceState {
  return next > 1n ? { name, value: String(next - 1n), called: true } : { name, value: '1', called: false };
}
