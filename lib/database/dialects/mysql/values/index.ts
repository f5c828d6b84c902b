import { modelName } from '../../../table-location.js';
import type { EngineValues } from '../../../values/engine-values.js';
import { characters } from '../../../values/texts.js';
import { zoneOf } from '../../../values/zone.js';
import { reader } from './reader.js';
import { carriedBetween } from './relatives.js';
import { writer } from './writer.js';

const LONGEST_NAME = 64;

/**
 * @param family `mysql` or `mariadb`, whose columns differ
 * @param timezone the driver's option: the zone of a datetime
 */
export function mysqlValues(family: string, timezone?: string): EngineValues {
  return {
    family,
    lineage: 'mysql',
    carriage: (column, target) => carriedBetween(family, column, target),
    zone: zoneOf(timezone),
    reader,
    writer,
    isTooLong: (name) => characters(name) > LONGEST_NAME,
    counterName: (table) => modelName(table),
    nextOf: ({ value }) => BigInt(value),
    stateOf: (name, next) => ({ name, value: String(next) }),
  };
}
