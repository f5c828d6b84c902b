import type { SequenceState } from '../../database/catalog-table.js';
import type { BackupManifest } from '../../manifest/manifest.js';
import type { TableMatch } from './match-tables.js';
import type { Engines } from './translate-column.js';

/** The archive's counters as the target's, and those that no column of the target draws from. */
export function translateCounters(
  { sequences }: BackupManifest,
  matches: readonly TableMatch[],
  { from, to }: Engines,
): { readonly states: SequenceState[]; readonly leftOut: string[] } {
  const left = new Map(sequences.map((state) => [state.name, state]));
  const states = matches.flatMap((match) => {
    const { archived, target } = match;
    return countingColumns(match).flatMap((column) => {
      const name = from.counterName({ schema: archived.schema, name: archived.table }, column);
      const state = left.get(name);
      left.delete(name);
      // Where the archive has none, no value was ever drawn.
      const drawn = to.stateOf(to.counterName(target, column), state ? from.nextOf(state) : 1n);
      return drawn && (state || isCounted(match, column)) ? [drawn] : [];
    });
  });
  return { states, leftOut: [...left.keys()] };
}

/** The columns that draw from a counter; for a table that no entity maps, those that may. */
function countingColumns(match: TableMatch): readonly string[] {
  const counted = match.columns.map(({ archived }) => archived.name).filter((name) => isCounted(match, name));
  return counted.length > 0 || match.archived.primaryKey.length !== 1 ? counted : match.archived.primaryKey;
}

function isCounted({ mapped }: TableMatch, column: string): boolean {
  return mapped?.columns.get(column)?.counted === true;
}
