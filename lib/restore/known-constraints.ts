import type { KnownConstraints } from '../database/dialects/constraint-texts.js';
import { locationKey } from '../database/table-location.js';
import type { BackupManifest } from '../manifest/manifest.js';

/** The constraints of the tables whose rows the archive holds. */
export function knownConstraints({ tables }: Pick<BackupManifest, 'tables'>): KnownConstraints {
  const held = tables.filter(({ excluded }) => !excluded);
  return new Map(held.map(({ schema, table, constraints }) => [locationKey({ schema, name: table }), constraints]));
}
