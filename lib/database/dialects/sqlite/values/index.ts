import { modelName } from '../../../table-location.js';
import type { EngineValues } from '../../../values/engine-values.js';
import { zoneOf } from '../../../values/zone.js';
import { reader } from './reader.js';
import { writer } from './writer.js';

export const sqliteValues: EngineValues = {
  family: 'sqlite',
  lineage: 'sqlite',
  // TypeORM writes dates in UTC here.
  zone: zoneOf('Z'),
  reader,
  writer,
  isTooLong: () => false,
  counterName: (table) => modelName(table),
  nextOf: ({ value }) => BigInt(value) + 1n,
  // A table that never had a row has no counter.
  stateOf: (name, next) => (next > 1n ? { name, value: String(next - 1n) } : undefined),
};
