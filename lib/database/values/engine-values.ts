import { archiveInvalid } from '../../errors/archive-errors.js';
import type { ColumnEncoding, LineValue } from '../../jsonl/values.js';
import type { CatalogColumn, SequenceState } from '../catalog-table.js';
import type { MappedColumn } from '../mapped-columns.js';
import type { TableLocation } from '../table-location.js';
import { type Kind, type Neutral, type NeutralValues, UnfitError } from './neutral.js';
import type { Zone } from './zone.js';

/** A column as an archive's manifest describes it. */
export interface ArchivedColumn {
  readonly name: string;
  readonly type: string;
  readonly encoding: ColumnEncoding;
}

/** Reads the values of one column of an archive. */
export interface ValueReader {
  /** What most of its values are. */
  readonly kind: Kind;
  /** @throws UnfitError */
  read(value: Exclude<LineValue, null>): Neutral;
}

/** Writes values for one column of a target, as a line of an archive of that engine would have them. */
export interface ValueWriter {
  readonly kind: Kind;
  /** @param neutral of the writer's kind @throws UnfitError */
  write(neutral: Neutral): LineValue;
}

/** How values of a column go over without being read and written anew. */
export interface Carriage {
  /** For the plan. */
  readonly how: string;
  /** @throws UnfitError */
  carry(value: Exclude<LineValue, null>): LineValue;
}

/** How an engine writes values and counters, for archives that go into another one. */
export interface EngineValues {
  /** Archives of one family need no translation between them. */
  readonly family: string;
  /** Engines with the same one store values of the same types in the same way. */
  readonly lineage: string;
  /** Of an archive of the same lineage; undefined where the values have to be read and written anew. */
  carriage?(column: ArchivedColumn, target: CatalogColumn): Carriage | undefined;
  /** What a date and a time of day without a zone mean. */
  readonly zone: Zone;
  reader(column: ArchivedColumn): ValueReader;
  /** @param mapped what the application's entities say about it */
  writer(column: CatalogColumn, mapped: MappedColumn | undefined): ValueWriter;
  /** Whether the engine has no room for a name of this length. */
  isTooLong(name: string): boolean;
  /** Name of the sequence behind an auto-increment column. */
  counterName(table: TableLocation, column: string): string;
  /** The next value that a counter hands out. */
  nextOf(state: SequenceState): bigint;
  /** The state of a counter that hands out this value next; undefined where that is none at all. */
  stateOf(name: string, next: bigint): SequenceState | undefined;
}

/** Reads values whose text says all. */
export function readerOf<K extends Kind>(kind: K, read: (text: string) => NeutralValues[K]): ValueReader {
  return { kind, read: (value) => ({ kind, value: read(textOf(value)) }) as Neutral };
}

/** @throws BackupError `ARCHIVE_INVALID` */
export function textOf(value: LineValue): string {
  if (typeof value === 'object') throw archiveInvalid('it holds tagged values, which only SQLite writes');
  return String(value);
}

export function writerOf<K extends Kind>(kind: K, write: (value: NeutralValues[K]) => LineValue): ValueWriter {
  return {
    kind,
    write: (neutral) => {
      if (neutral.kind !== kind) throw new UnfitError(`have no counterpart as ${kind}`);
      return write(neutral.value as NeutralValues[K]);
    },
  };
}

/** For columns of a type that nothing is translated into. */
export function noWriter({ type }: CatalogColumn): ValueWriter {
  return {
    kind: 'other',
    write: () => {
      throw new UnfitError(`have no counterpart: nothing is translated into the target's type ${type}`);
    },
  };
}
