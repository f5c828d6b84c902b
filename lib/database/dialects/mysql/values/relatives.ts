import type { LineValue } from '../../../../jsonl/format.js';
import type { CatalogColumn } from '../../../catalog-table.js';
import { type ArchivedColumn, type Carriage, textOf } from '../../../values/engine-values.js';
import { UnfitError } from '../../../values/neutral.js';
import { wellFormed } from '../../../values/texts.js';
import { baseType, withoutDisplay } from '../columns.js';

const TEXTS = /^(?:(?:var)?char|(?:tiny|medium|long)?text|enum|set)$/;
const GEOMETRIES = /^(?:geometry|(?:multi)?(?:point|linestring|polygon)|geom(?:etry)?collection)$/;
const AXES =
  "as they are stored; MySQL's functions read the axes in the order of the reference system, MariaDB's always x before y";
/** The latest of MySQL's timestamps; newer versions of MariaDB have later ones. */
const LAST_TIMESTAMP = '2038-01-19 03:14:07.999999';

/**
 * Between MariaDB and MySQL, values are transferred unchanged if both columns have the same type: zero dates, error
 * values of enums, bits, geometries, vectors, bytes of old character sets.
 * @param family the target's, `mysql` or `mariadb`
 */
export function carriedBetween(family: string, archived: ArchivedColumn, target: CatalogColumn): Carriage | undefined {
  const isSame = withoutDisplay(archived.type) === withoutDisplay(target.type);
  if (!isSame || archived.encoding !== target.encoding) return undefined;
  const base = baseType(target.type);
  if (GEOMETRIES.test(base)) return { how: AXES, carry: (value) => value };
  return { how: 'as it is', carry: family === 'mysql' ? intoMysql(base) : (value) => value };
}

function intoMysql(base: string): (value: LineValue) => LineValue {
  if (TEXTS.test(base)) return (value) => (typeof value === 'string' ? wellFormed(value) : value);
  if (base !== 'timestamp') return (value) => value;
  return (value) => {
    if (textOf(value) > LAST_TIMESTAMP) throw new UnfitError('are out of the range of the target');
    return value;
  };
}
