import { archiveInvalid } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';
import { wrongUsage } from '../errors/usage-errors.js';
import type { ByteSource } from '../support/byte-source.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { authenticate, isInQuestion, sealedSince } from './authenticate.js';
import { listBackups, type StoredBackup } from './stored-backups.js';
import type { Origin, Seal } from './seal.js';
import type { Target } from './store-archive.js';
import { scheduleOfJob } from './stored-manifest.js';

/** A backup in a destination. */
export interface StoredReference {
  readonly destination: string;
  /**
   * The backup's id, or that of the job of a queue that made it, or `latest`: the newest that was stored completely and is
   * not redacted, else the newest redacted one. Where the application has a key, `latest` is one that it has stored itself.
   */
  readonly id: string;
}

/** With what a stored backup is chosen. */
export interface ChooseWith {
  readonly seal: Seal | null;
  /** Open what bears no seal that is known. */
  readonly keys: readonly Uint8Array[];
  /** Also takes one that is neither encrypted nor sealed, although there is a key. */
  readonly plaintext?: boolean;
}

/** A backup that was found, and what stands above it that was not taken. */
export interface Chosen {
  readonly backup: StoredBackup;
  /** For people: newer ones, and why they are not the one. */
  readonly passedOver: readonly string[];
}

/** Forged ones cost a look each; nobody has so many that bear no seal above one that is good. */
export const MOST_LOOKED_INTO = 50;

const WHY: Partial<Record<Origin, string>> = {
  other: 'it is of another application or database',
  foreign: 'it is sealed with a key that is not known here',
  unsealed: 'it bears no seal, and nothing shows that it is of this application',
};

const REMEDY =
  'Whoever may write there can have put it there. If you know where it comes from, say so with --plaintext (in code plaintext: true).';

/** @throws BackupError `WRONG_USAGE` */
export function findTarget(destinations: ReadonlyMap<string, BackupDestination>, name: string): Target {
  const destination = destinations.get(name);
  if (destination) return { name, destination };
  const known = [...destinations.keys()].map((one) => `"${one}"`).join(', ') || 'none';
  throw wrongUsage(`there is no destination "${name}"`, `Destinations of this application: ${known}.`);
}

/** Each once. @throws BackupError `WRONG_USAGE`, also when there are none */
export function findTargets(destinations: ReadonlyMap<string, BackupDestination>, names: readonly string[]): Target[] {
  if (names.length === 0) throw wrongUsage('no destination was named', 'Name one at least.');
  return [...new Set(names)].map((name) => findTarget(destinations, name));
}

/**
 * The archive of a stored backup, and which one it is.
 * @throws BackupError `ARCHIVE_INVALID` when the destination has no such backup, or not all of it, or nothing shows that it
 *   is the application's; `DESTINATION_FAILED`
 */
export async function openStored(
  target: Target,
  id: string,
  options: ChooseWith,
): Promise<Chosen & { readonly source: ByteSource }> {
  const { name, destination } = target;
  const chosen = await (id === 'latest' ? latestOf(target, options) : byId(target, id, options));
  if (!chosen) throw noBackup(name, id, id === 'latest' && options.seal !== null);
  const { backup } = chosen;
  if (backup.problem !== null) {
    const problem = `${backup.id} in "${name}": ${backup.problem}`;
    throw backup.isUnread ? destinationFailed(problem) : archiveInvalid(problem);
  }
  if (!isTrusted(backup) && !backup.encrypted && !options.plaintext) {
    throw archiveInvalid(`${backup.id} in "${name}" is not encrypted, and ${WHY[backup.origin]}`, undefined, REMEDY);
  }
  try {
    return { ...chosen, source: await destination.open(backup.archive) };
  } catch (cause) {
    throw destinationFailed(`"${name}" does not open ${backup.archive}`, cause);
  }
}

/** Of several that bear an id, the one that is certain, else whole. */
async function byId({ name, destination }: Target, id: string, { seal }: ChooseWith): Promise<Chosen | undefined> {
  const scheduled = scheduleOfJob(id);
  const ofId = await listBackups(name, destination, seal, { id, withRestoreTests: false });
  if (ofId.length > 0) return { backup: mostCertain(ofId)!, passedOver: [] };
  const all = await listBackups(name, destination, seal, { withRestoreTests: false });
  const backup = mostCertain(all.filter(({ manifest }) => manifest?.scheduled?.schedule === scheduled));
  if (!backup) refuseUnread(name, id, all);
  return backup && { backup, passedOver: [] };
}

/** Absence is no evidence. @throws BackupError `DESTINATION_FAILED` */
function refuseUnread(destination: string, id: string, all: readonly StoredBackup[]): void {
  const unread = all.find(({ isUnread, manifest }) => isUnread && !manifest);
  if (!unread) return;
  const what = `"${destination}" did not give out all that lies beside its backups, one of which may be ${JSON.stringify(id)}`;
  throw destinationFailed(`${what} (${unread.id}: ${unread.problem})`);
}

/** Of several that bear an id. */
export function mostCertain(found: readonly StoredBackup[]): StoredBackup | undefined {
  return (
    found.find((one) => one.problem === null && isTrusted(one)) ??
    found.find((one) => one.problem === null && one.encrypted) ??
    found.find((one) => one.problem === null) ??
    found[0]
  );
}

/**
 * What `latest` means: undefined when there is none. With a key it is the newest that the application itself has stored;
 * where there is none, one that was stored with the same key from another database.
 */
export async function latestOf(
  { name, destination }: Target,
  { seal, keys, plaintext }: ChooseWith,
): Promise<Chosen | undefined> {
  const whole: StoredBackup[] = [];
  const notes = new Map<StoredBackup, string>();
  let looks = 0;
  const all = await listBackups(name, destination, seal, { withRestoreTests: false });
  const known = { keys, sealedSince: sealedSince(all) };
  for (const one of all) {
    const isLookedInto = isInQuestion(one) && looks++ < MOST_LOOKED_INTO;
    const backup = isLookedInto ? await authenticate(destination, one, known) : one;
    if (backup.problem !== null) notes.set(one, backup.problem);
    else if (!isTrusted(backup) && backup.origin !== 'other' && !plaintext) notes.set(one, WHY[backup.origin]!);
    else {
      if (backup.origin === 'other') notes.set(one, WHY.other!);
      whole.push(backup);
    }
    // Older ones cannot be it any more.
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

/** As far as can be known. */
export function isTrusted({ origin }: StoredBackup): boolean {
  return origin === 'own' || origin === 'unknown';
}

/** @param onlyOwn because there is a key: others that are there do not count */
function noBackup(destination: string, id: string, onlyOwn: boolean): BackupError {
  const problem = `"${destination}" has no backup ${JSON.stringify(id)}`;
  return archiveInvalid(
    onlyOwn ? `${problem} that is certain to be of this application` : problem,
    undefined,
    'nestjs-backup list shows what there is; name one by its id.',
  );
}
