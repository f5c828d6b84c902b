import { type BackupApp, backupApp } from '../../fixtures/backup.js';
import type { TestDatabase } from '../../fixtures/databases.js';

/** Another application on the same database, with sessions as they come, writes the same lines. */
export async function expectSameLines(app: BackupApp, database: TestDatabase): Promise<void> {
  const calm = await backupApp(database, {}, { unmappedTables: 'include' });
  try {
    const [one, other] = [await app.backUp(), await calm.backUp()];
    for (const { name, digest, columns } of other.manifest.tables) {
      const same = one.manifest.tables.find((table) => table.name === name);
      expect({ name, digest: same?.digest, columns: same?.columns }).toEqual({ name, digest, columns });
    }
    expect(one.text['backup.jsonl']!.length).toBe(other.text['backup.jsonl']!.length);
  } finally {
    await calm.close();
  }
}
