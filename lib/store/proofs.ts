import { Readable } from 'node:stream';
import type { BackupDestination } from '../destinations/backup-destination.js';
import type { Seal } from './seal.js';
import { isUnread, readBeside } from './stored-manifest.js';
import { proofName } from './stored-names.js';

/** An object that says when a backup was restored to see whether that works. */
export interface ProofObject {
  readonly name: string;
  readonly at: Date;
  /** Why it cannot be opened, if so. */
  readonly problem?: string;
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

/** Proofs of one backup that are read at the same time: where others may write, there can be many that are none. */
const AT_ONCE = 8;

/** With a seal, by what this application has sealed; without one, by the objects' names. */
export async function lastProof(
  destination: BackupDestination,
  proofs: readonly ProofObject[],
  seal: Seal | null,
): Promise<LastProof> {
  const newestFirst = proofs.toSorted((one, other) => other.at.getTime() - one.at.getTime());
  if (!seal) return { provenAt: newestFirst[0]?.at ?? null, isUnread: false };
  let isIncomplete = false;
  for (let at = 0; at < newestFirst.length; at += AT_ONCE) {
    const some = newestFirst.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map((proof) => vouchesFor(destination, proof, seal)));
    const last = found.indexOf(true);
    isIncomplete ||= found.slice(0, last === -1 ? undefined : last).includes(undefined);
    if (last !== -1) return { provenAt: some[last]!.at, isUnread: isIncomplete };
  }
  return { provenAt: null, isUnread: isIncomplete };
}

/** Undefined when it could not be read. What is no JSON is no proof, whoever has put it there. */
async function vouchesFor(
  destination: BackupDestination,
  { name, problem }: ProofObject,
  seal: Seal,
): Promise<boolean | undefined> {
  try {
    return seal.originOf(await readBeside(destination, name, problem), name) === 'own';
  } catch (error) {
    return isUnread(error) ? undefined : false;
  }
}
