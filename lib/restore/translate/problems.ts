import { compareKeys } from './row-key.js';
import type { TranslationProblem } from './translation-plan.js';

const FIRST_ROWS = 10;

interface Counted {
  readonly table: string;
  readonly column: string;
  readonly reason: string;
  count: number;
  rows: string[];
}

/** Collects what cannot be converted; for each kind only the first rows, however many there are. */
export class Problems {
  private readonly schema: TranslationProblem[] = [];
  private readonly values = new Map<string, Counted>();

  /** Adds a problem of a table or a column itself. */
  add(table: string, column: string | undefined, reason: string): void {
    this.schema.push({ table, column, reason, count: 0, rows: [] });
  }

  addValue(table: string, column: string, reason: string, key: string): void {
    const kind = JSON.stringify([table, column, reason]);
    const found = this.values.get(kind) ?? { table, column, reason, count: 0, rows: [] };
    this.values.set(kind, found);
    found.count++;
    const last = found.rows.at(-1);
    if (found.rows.length === FIRST_ROWS && compareKeys(key, last!) > 0) return;
    found.rows = [...found.rows, key].toSorted(compareKeys).slice(0, FIRST_ROWS);
  }

  list(): TranslationProblem[] {
    return [...this.schema, ...this.values.values()];
  }
}
