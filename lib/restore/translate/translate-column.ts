import type { CatalogColumn } from '../../database/catalog-table.js';
import type { MappedColumn } from '../../database/mapped-columns.js';
import { convert } from '../../database/values/convert/index.js';
import type { ArchivedColumn, EngineValues } from '../../database/values/engine-values.js';
import { type Kind, UnfitError } from '../../database/values/neutral.js';
import type { LineValue } from '../../jsonl/format.js';

/** The archive's engine and the target's. */
export interface Engines {
  readonly from: EngineValues;
  readonly to: EngineValues;
}

/** How the values of one column are converted. */
export interface ColumnTranslation {
  readonly from: Kind;
  readonly to: Kind;
  /** Where values are taken over unchanged: what to say about it. */
  readonly how?: string;
  /** @throws UnfitError for a value that cannot be converted */
  translate(value: LineValue): LineValue;
}

/** From the archive's notation of a value, via its logical type, to the target's. */
export function translateColumn(
  { from, to }: Engines,
  archived: ArchivedColumn,
  target: CatalogColumn,
  mapped: MappedColumn | undefined,
): ColumnTranslation {
  const reader = from.reader(archived);
  const carriage = from.lineage === to.lineage ? to.carriage?.(archived, target) : undefined;
  if (carriage) {
    const translate = (value: LineValue) => (value === null ? withNull(target) : carriage.carry(value));
    return { from: reader.kind, to: reader.kind, how: carriage.how, translate };
  }
  const writer = to.writer(target, mapped);
  const zones = { from: from.zone, to: to.zone };
  const listsAreJson = mapped?.type === 'simple-json';
  return {
    from: reader.kind,
    to: writer.kind,
    translate: (value) => {
      if (value === null) return withNull(target);
      let neutral = reader.read(value);
      if (neutral.kind === 'array' && listsAreJson) neutral = convert(neutral, 'json', zones);
      return writer.write(writer.kind === 'other' ? neutral : convert(neutral, writer.kind, zones));
    },
  };
}

/** @throws UnfitError */
function withNull({ nullable }: CatalogColumn): null {
  if (!nullable) throw new UnfitError('are NULL, which the target does not allow');
  return null;
}
