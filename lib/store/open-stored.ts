import type { BackupDestination } from '../destinations/backup-destination.js';
import { archiveInvalid } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';
import { wrongUsage } from '../errors/usage-errors.js';
import type { ByteSource } from '../support/byte-source.js';
import { authenticate, isInQuestion, sealedSince } from './authenticate.js';
import type { Marks } from './marks.js';
import type { Origin } from './seal.js';
import type { NamedDestination } from './store-archive.js';
import { listBackups, type StoredBackup } from './stored-backups.js';
import { scheduleOfJob } from './stored-manifest.js';
import { provesItsMaker } from './stored-names.js';

/** A backup in a destination. */
export interface StoredReference {
  readonly destination: string;
  /**
   * The id of the backup or of the queue job that made it, or `latest`: the newest backup that was stored completely
   * and is not redacted, or failing that the newest redacted one. If the application has a key, `latest` is one that it
   * has stored itself.
   */
  readonly id: string;
}

/** Options for choosing a stored backup. */
export interface ChooseWith {
  readonly marks: Marks;
  /** Keys that open backups without a known seal. */
  readonly keys: readonly Uint8Array[];
  /** Also accepts a backup that is neither encrypted with a key nor sealed, although there is a key. */
  readonly plaintext?: boolean;
}

/** The backup that was found, and the newer ones that were rejected. */
export interface Chosen {
  readonly backup: StoredBackup;
  /** For people: newer backups, and why they were not chosen. */
  readonly passedOver: readonly string[];
}

/** Forged backups cost a look each; nobody has this many unsealed ones that are newer than a good one. */
export const MOST_LOOKED_INTO = 50;

const WHY: Partial<Record<Origin, string>> = {
  other: 'it belongs to another application or database',
  foreign: 'it is sealed with an unknown key',
  unsealed: 'it has no seal, and nothing shows that it belongs to this application',
  unsigned: 'its summary is not signed by a trusted signer',
  uploaded: 'it was uploaded: name it by its id',
};

const REMEDY =
  'Anyone who can write to the destination could have put it there. If you know where it comes from, use --plaintext (in code plaintext: true).';

type Destinations = ReadonlyMap<string, BackupDestination & { readonly problem?: Error }>;

/** @throws BackupError `WRONG_USAGE`; why the destination cannot be used */
export function findTarget(destinations: Destinations, name: string): NamedDestination {
  const destination = destinations.get(name);
  if (destination?.problem !== undefined) throw destination.problem;
  if (destination) return { name, destination };
  const known = [...destinations.keys()].map((one) => `"${one}"`).join(', ') || 'none';
  throw wrongUsage(`there is no destination "${name}"`, `Destinations of this application: ${known}.`);
}

/** Each target once. @throws BackupError `WRONG_USAGE`, also for an empty list */
export function findTargets(destinations: Destinations, names: readonly string[]): NamedDestination[] {
  if (names.length === 0) throw wrongUsage('no destination was named', 'Name at least one.');
  return [...new Set(names)].map((name) => findTarget(destinations, name));
}

/**
 * The archive of a stored backup, and which backup it is.
 * @throws BackupError as `chosenStored`
 */
export async function openStored(
  target: NamedDestination,
  id: string,
  options: ChooseWith,
): Promise<Chosen & { readonly source: ByteSource }> {
  const chosen = await chosenStored(target, id, options);
  const { archive } = chosen.backup;
  try {
    return { ...chosen, source: await target.destination.open(archive) };
  } catch (cause) {
    throw destinationFailed(`"${target.name}" could not open ${archive}`, cause);
  }
}

/**
 * The backup that is meant.
 * @throws BackupError `ARCHIVE_INVALID` when the destination does not hold such a backup, or not all of it, or nothing
 *   shows that it belongs to the application; `DESTINATION_FAILED`
 */
export async function chosenStored(target: NamedDestination, id: string, options: ChooseWith): Promise<Chosen> {
  const { name } = target;
  const chosen = await (id === 'latest' ? latestOf(target, options) : byId(target, id, options));
  if (!chosen) throw noBackup(name, id, id === 'latest' && options.marks.show);
  const { backup } = chosen;
  if (backup.problem !== null) {
    const problem = `${backup.id} in "${name}": ${backup.problem}`;
    throw backup.isUnread ? destinationFailed(problem) : archiveInvalid(problem);
  }
  // What no trusted signer has signed is refused by its own signature, which is looked at when it is opened.
  const isProven = isVouchedFor(backup) || provesItsMaker(backup.archive) || backup.origin === 'unsigned';
  if (!isProven && !options.plaintext) {
    const kind = backup.encrypted ? 'encrypted to recipients, which anyone can do' : 'not encrypted';
    throw archiveInvalid(`${backup.id} in "${name}" is ${kind}, and ${WHY[backup.origin]}`, undefined, REMEDY);
  }
  return chosen;
}

/** Picks from several backups with the same id the one that is certain, or failing that complete. */
async function byId(
  { name, destination }: NamedDestination,
  id: string,
  { marks }: ChooseWith,
): Promise<Chosen | undefined> {
  const scheduled = scheduleOfJob(id);
  const ofId = await listBackups(name, destination, marks, { id, withRestoreTests: false });
  if (ofId.length > 0) return { backup: mostCertain(ofId)!, passedOver: [] };
  const all = await listBackups(name, destination, marks, { withRestoreTests: false });
  const backup = mostCertain(all.filter(({ manifest }) => manifest?.scheduled?.schedule === scheduled));
  if (!backup) refuseUnread(name, id, all);
  return backup && { backup, passedOver: [] };
}

/** Absence is no evidence. @throws BackupError `DESTINATION_FAILED` */
function refuseUnread(destination: string, id: string, all: readonly StoredBackup[]): void {
  const unread = all.find(({ isUnread, manifest }) => isUnread && !manifest);
  if (!unread) return;
  const what = `not everything stored beside the backups in "${destination}" could be read, and one of them may be ${JSON.stringify(id)}`;
  throw destinationFailed(`${what} (${unread.id}: ${unread.problem})`);
}

/** Picks one of several backups with the same id. */
export function mostCertain(found: readonly StoredBackup[]): StoredBackup | undefined {
  return (
    found.find((one) => one.problem === null && isTrusted(one)) ??
    found.find((one) => one.problem === null && isVouchedFor(one)) ??
    found.find((one) => one.problem === null && provesItsMaker(one.archive)) ??
    found.find((one) => one.problem === null) ??
    found[0]
  );
}

/**
 * What `latest` means; undefined when there is none. With a key it is the newest backup that the application itself has
 * stored or, if there is none, one that was stored with the same key from another database.
 */
export async function latestOf(
  { name, destination }: NamedDestination,
  { marks, keys, plaintext }: ChooseWith,
): Promise<Chosen | undefined> {
  const whole: StoredBackup[] = [];
  const notes = new Map<StoredBackup, string>();
  let looks = 0;
  const all = await listBackups(name, destination, marks, { withRestoreTests: false });
  const known = { keys, sealedSince: sealedSince(all) };
  for (const one of all) {
    const isLookedInto = isInQuestion(one) && looks++ < MOST_LOOKED_INTO;
    const backup = isLookedInto ? await authenticate(destination, one, known) : one;
    if (backup.problem !== null) {
      notes.set(one, backup.problem);
    } else if (backup.origin === 'uploaded' || (!isTrusted(backup) && backup.origin !== 'other' && !plaintext)) {
      notes.set(one, WHY[backup.origin]!);
    } else {
      if (backup.origin === 'other') notes.set(one, WHY.other!);
      whole.push(backup);
    }
    // Older ones cannot be the latest any more.
    if (isTrusted(backup) && backup.problem === null && !backup.manifest?.redacted) break;
  }
  const own = whole.filter(isTrusted);
  const others = plaintext ? whole : whole.filter(({ origin }) => origin === 'other');
  const among = own.length > 0 ? own : others;
  const backup = among.find(({ manifest }) => !manifest?.redacted) ?? among[0];
  if (!backup) {
    refuseUnread(name, 'latest', all);
    return undefined;
  }
  const passedOver = all
    .slice(
      0,
      all.findIndex(({ archive }) => archive === backup.archive),
    )
    .map((one) => `${one.archive}: ${notes.get(one) ?? (one.manifest?.redacted ? 'it is redacted' : WHY[one.origin])}`);
  return { backup, passedOver };
}

/** As far as that can be known. */
export function isTrusted({ origin }: Pick<StoredBackup, 'origin'>): boolean {
  return origin === 'own' || origin === 'unknown';
}

/** The same, or uploaded by somebody who had the backup key: as good as trusted for whoever names it. */
function isVouchedFor(backup: StoredBackup): boolean {
  return isTrusted(backup) || backup.origin === 'uploaded';
}

/** @param onlyOwn whether there is a key, so that other backups do not count */
function noBackup(destination: string, id: string, onlyOwn: boolean): BackupError {
  const problem = `"${destination}" has no backup ${JSON.stringify(id)}`;
  return archiveInvalid(
    onlyOwn ? `${problem} that certainly belongs to this application` : problem,
    undefined,
    'Run nestjs-backup list to see what there is, and name one by its id.',
  );
}
