import { archiveInvalid } from '../../errors/archive-errors.js';
import type { ColumnEncoding, LineValue } from '../../jsonl/format.js';
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
  /** The kind of most of its values. */
  readonly kind: Kind;
  /** @throws UnfitError */
  read(value: Exclude<LineValue, null>): Neutral;
}

/** Writes values for one column of a target, as they would be in a line of an archive of that engine. */
export interface ValueWriter {
  readonly kind: Kind;
  /** @param neutral of the writer's kind @throws UnfitError */
  write(neutral: Neutral): LineValue;
}

/** How the values of a column are transferred without being read and written anew. */
export interface Carriage {
  /** A description for the plan. */
  readonly how: string;
  /** @throws UnfitError */
  carry(value: Exclude<LineValue, null>): LineValue;
}

/** How an engine writes values and counters, for archives that are restored into another engine. */
export interface EngineValues {
  /** Archives of one family need no translation between them. */
  readonly family: string;
  /** Engines with the same lineage store values of the same types in the same way. */
  readonly lineage: string;
  /** For an archive of the same lineage; undefined if the values have to be read and written anew. */
  carriage?(column: ArchivedColumn, target: CatalogColumn): Carriage | undefined;
  /** The zone of dates and times of day that have none. */
  readonly zone: Zone;
  reader(column: ArchivedColumn): ValueReader;
  /** @param mapped what the application's entities say about it */
  writer(column: CatalogColumn, mapped: MappedColumn | undefined): ValueWriter;
  /** Whether a name is longer than the engine allows. */
  isTooLong(name: string): boolean;
  /** Name of the sequence behind an auto-increment column. */
  counterName(table: TableLocation, column: string): string;
  /** The next value that a counter will hand out. */
  nextOf(state: SequenceState): bigint;
  /** The state of a counter that hands out this value next; undefined if no state does. */
  stateOf(name: string, next: bigint): SequenceState | undefined;
}

/** Reads values whose text is all there is to know. */
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

/** For columns of a type that no values are translated into. */
export function noWriter({ type }: CatalogColumn): ValueWriter {
  return {
    kind: 'other',
    write: () => {
      throw new UnfitError(`have no counterpart: nothing is translated into the target's type ${type}`);
    },
  };
}
