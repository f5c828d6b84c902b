import { Readable } from 'node:stream';
import type { BackupDestination } from '../destinations/backup-destination.js';
import type { Seal } from './seal.js';
import { readBeside } from './stored-manifest.js';
import { proofName } from './stored-names.js';

/** An object that says when a backup was restored to see whether that works. */
export interface ProofObject {
  readonly name: string;
  readonly at: Date;
}

const FORMAT = 'nestjs-backup-proof/1';

/**
 * Keeps beside a stored backup that its restore was proven, for whoever asks later, in whichever process.
 * @throws the destination's own error
 */
export async function writeProof(
  destination: BackupDestination,
  { id, archive }: { readonly id: string; readonly archive: string },
  seal: Seal | null,
): Promise<void> {
  const provenAt = new Date();
  const name = proofName(archive, provenAt);
  const proof = { format: FORMAT, id, provenAt: provenAt.toISOString() };
  const text = `${JSON.stringify(seal ? seal.add(proof, name) : proof, null, 2)}\n`;
  await destination.put(name, Readable.from([Buffer.from(text)]));
}

/** When a backup was proven last: with a seal, by what this application has sealed; without one, by the objects' names. */
export async function lastProof(
  destination: BackupDestination,
  proofs: readonly ProofObject[],
  seal: Seal | null,
): Promise<Date | null> {
  for (const { name, at } of proofs.toSorted((one, other) => other.at.getTime() - one.at.getTime())) {
    if (!seal) return at;
    const content = await destination.open(name).then(readBeside, () => undefined);
    if (seal.originOf(content, name) === 'own') return at;
  }
  return null;
}
