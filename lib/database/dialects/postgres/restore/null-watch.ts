import { locationKey } from '../../../table-location.js';
import type { KnownConstraints } from '../../constraint-texts.js';
import type { LoadColumn } from '../../restore-dialect.js';
import { notNullText, type PgTable } from '../catalog.js';

/** Watches for NULLs of the archive that the target would refuse, although its source had the same NOT NULL. */
export class NullWatch {
  /** For each loaded column, whether it is watched. */
  readonly watched: boolean[];
  private readonly found = new Set<number>();

  constructor(table: PgTable, columns: readonly LoadColumn[], known: KnownConstraints | undefined) {
    const [here, there] = [table.constraints ?? [], known?.get(locationKey(table)) ?? []];
    this.watched = columns.map(({ target }) => {
      const text = notNullText(target.name);
      return here.includes(text) && there.includes(text);
    });
  }

  /** @param index of a watched column */
  see(index: number): void {
    this.found.add(index);
  }

  get hasFound(): boolean {
    return this.found.size > 0;
  }

  /** The columns found since the last call; they are no longer watched. */
  take(): number[] {
    const indexes = [...this.found];
    this.found.clear();
    for (const index of indexes) this.watched[index] = false;
    return indexes;
  }
}
