import { Readable } from 'node:stream';
import type { BackupDestination } from '../destinations/backup-destination.js';
import type { Seal } from './seal.js';
import { isUnread, readBeside } from './stored-manifest.js';
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

/** When a backup was proven last, as far as it is known. */
export interface LastProof {
  readonly provenAt: Date | null;
  /** A later proof, or perhaps the only one, could not be read. */
  readonly isUnread: boolean;
}

/** With a seal, by what this application has sealed; without one, by the objects' names. */
export async function lastProof(
  destination: BackupDestination,
  proofs: readonly ProofObject[],
  seal: Seal | null,
): Promise<LastProof> {
  let isIncomplete = false;
  for (const { name, at } of proofs.toSorted((one, other) => other.at.getTime() - one.at.getTime())) {
    try {
      if (!seal || seal.originOf(await readBeside(destination, name), name) === 'own')
        return { provenAt: at, isUnread: isIncomplete };
    } catch (error) {
      // What is no JSON is no proof, whoever has put it there.
      isIncomplete ||= isUnread(error);
    }
  }
  return { provenAt: null, isUnread: isIncomplete };
}
