import type { MigrationsRecord } from '../../database/migrations/record.js';
import { JsonFields } from '../../manifest/json-fields.js';
import { parsePlainJson } from '../../manifest/plain-json.js';

/**
 * Reads a `migrations.json`.
 * @throws BackupError `ARCHIVE_INVALID`, naming the field
 */
export function parseMigrations(text: string): MigrationsRecord {
  const record = JsonFields.of(parsePlainJson(text, 'migrations.json'), 'migrations');
  const known = (fields: JsonFields) => ({ timestamp: fields.count('timestamp'), name: fields.text('name') });
  return {
    applied: record.objects('applied', (fields) => ({ id: fields.count('id'), ...known(fields) })),
    known: record.objects('known', known),
  };
}
