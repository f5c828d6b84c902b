import { Readable } from 'node:stream';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { findBackup } from './catalog.js';
import { findTarget, type StoredReference } from './open-stored.js';
import { proofName } from './stored-names.js';

/**
 * Keeps beside a stored backup that its restore was proven, for whoever asks later, in whichever process.
 * @throws BackupError `DESTINATION_FAILED`; the destination's own error
 */
export async function recordProof(
  destinations: ReadonlyMap<string, BackupDestination>,
  { destination: name, id }: StoredReference,
): Promise<void> {
  const { destination } = findTarget(destinations, name);
  const backup = await findBackup(name, destination, id);
  if (!backup) return;
  const provenAt = new Date();
  const text = `${JSON.stringify({ format: 'nestjs-backup-proof/1', id, provenAt }, null, 2)}\n`;
  await destination.put(proofName(backup.archive, provenAt), Readable.from([Buffer.from(text)]));
}
