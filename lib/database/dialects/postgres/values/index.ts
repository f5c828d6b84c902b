import type { EngineValues } from '../../../values/engine-values.js';
import { LOCAL } from '../../../values/zone.js';
import { counterName, nextOf, stateOf } from './counters.js';
import { reader } from './reader.js';
import { writer } from './writer.js';

const LONGEST_NAME_BYTES = 63;

export const postgresValues: EngineValues = {
  family: 'postgres',
  lineage: 'postgres',
  // The driver reads and writes a timestamp without time zone in this process's zone.
  zone: LOCAL,
  reader,
  writer,
  isTooLong: (name) => Buffer.byteLength(name) > LONGEST_NAME_BYTES,
  counterName,
  nextOf,
  stateOf,
};
