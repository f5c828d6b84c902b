import { Readable } from 'node:stream';
import { openArchive } from '../../lib/restore/read/open-archive.js';
import { verifyArchive } from '../../lib/restore/read/verify-archive.js';

/** Proves an archive as the command `verify` does. */
export async function verify(bytes: Buffer): Promise<{ rows: number; complete: boolean }> {
  const archive = await openArchive(Readable.from([bytes]), {});
  try {
    const { tables, manifest } = await verifyArchive(archive);
    return { rows: tables.reduce((sum, table) => sum + table.rows, 0), complete: manifest.complete };
  } finally {
    await archive.close();
  }
}
