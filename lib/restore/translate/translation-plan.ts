/** What a restore into another engine does with one column. */
export interface TranslatedColumn {
  readonly name: string;
  /** The declared types of the archive's column and of the target's. */
  readonly from: string;
  readonly to: string;
  /** In words. */
  readonly how: string;
  readonly converted: boolean;
}

export interface TranslatedTable {
  /** Its names in the archive and in the target. */
  readonly name: string;
  readonly into: string;
  readonly rows: number;
  readonly columns: readonly TranslatedColumn[];
}

/** What cannot be converted. */
export interface TranslationProblem {
  readonly table: string;
  /** Absent when it concerns the whole table. */
  readonly column?: string;
  /** Continues "values that", or says what is wrong with the table or column. */
  readonly reason: string;
  /** Number of values concerned; 0 when it is the table or column itself. */
  readonly count: number;
  /** Primary keys of the first ten rows, in key order. */
  readonly rows: readonly string[];
}

/** What a restore into another engine takes over, converts, and cannot convert. Made before anything changes. */
export interface TranslationPlan {
  /** The engines of the archive and of the target. */
  readonly from: string;
  readonly to: string;
  readonly tables: readonly TranslatedTable[];
  readonly problems: readonly TranslationProblem[];
  /** Counters of the archive that no column of the target draws from: they are left out. */
  readonly leftOut: readonly string[];
}

/** A problem as a sentence, without the full stop. */
export function describeProblem({ table, column, reason, count, rows }: TranslationProblem): string {
  const place = `Table "${table}"${column === undefined ? '' : `, column "${column}"`}`;
  if (count === 0) return `${place}: ${reason}`;
  const more = count > rows.length ? ', …' : '';
  return `${place}: values that ${reason}: ${count} (${rows.join('; ')}${more})`;
}
