import { explain } from '../../errors/explain.js';
import type { Origin } from '../../store/seal.js';
import type { StoreReport, StoreResult } from '../../store/store-archive.js';
import type { StoredBackup } from '../../store/stored-backups.js';
import type { StoredManifest } from '../../store/stored-manifest.js';
import { count, size } from '../../support/quantities.js';
import { visible, visibleUpTo } from '../../support/visible-text.js';
import { ExitCode } from '../exit-codes.js';
import { conclude } from './conclude.js';
import { describeManifest } from './describe-manifest.js';
import { type Column, table } from './table.js';
import type { Terminal } from './terminal.js';

/** Reports where a backup was stored, and where not. A failed destination makes the command fail, because a copy is missing. */
export function reportStored(
  terminal: Terminal,
  options: { readonly json?: boolean },
  { id, result, manifest, destinations }: StoreReport,
  encrypted: boolean,
): ExitCode {
  const { complete, warnings, skipped } = manifest;
  const places = destinations.map(({ error, ...place }) => ({ ...place, ...(error && { error: explain(error) }) }));
  const code = conclude(terminal, options, {
    text: [describeManifest(manifest, { encrypted }), ...destinations.map(describePlace)].join('\n'),
    json: { id, result, destinations: places, encrypted, complete, warnings, skipped },
    manifest,
    problems: destinations.filter(({ error }) => error).map(describePlace),
  });
  return result === 'failed' ? ExitCode.FAILED : code;
}

function describePlace({ destination, archive, bytes, error }: StoreResult): string {
  return error ? `${destination}: FAILED: ${explain(error)}` : `${destination}: ${archive} (${size(bytes ?? 0)})`;
}

/** Anyone who can write to the destination controls this text. */
const WIDEST_VERSION = 40;
const SHOWN_DIGITS = 8;
const MOST_KEYS = 3;

const COLUMNS: ReadonlyArray<Column<StoredBackup>> = [
  { title: 'BACKUP', of: ({ destination, id }) => visible(`${destination}:${id}`) },
  { title: 'MADE', of: ({ createdAt }) => createdAt.toISOString() },
  { title: 'RESULT', of: ({ result }) => result },
  { title: 'SIZE', of: ({ bytes }) => size(bytes), right: true },
  { title: 'ENCRYPTED', of: ({ encrypted }) => (encrypted ? 'yes' : 'no') },
  { title: 'KEYS', of: ({ manifest }) => visible(keysOf(manifest?.keyIds)), isOptional: true },
  { title: 'ROWS', of: ({ manifest }) => (isCounted(manifest) ? count(manifest.rows) : '-'), right: true },
  { title: 'FILES', of: ({ manifest }) => (isCounted(manifest) ? count(manifest.files) : '-'), right: true },
  { title: 'VERSION', of: ({ manifest }) => visibleUpTo(WIDEST_VERSION, manifest?.appVersion ?? '-') },
  { title: 'REMARKS', of: (backup) => visible(remarksOn(backup).join(', ')) },
];

/** Of what nobody here could open the counts are not known. */
function isCounted(manifest: StoredManifest | null): manifest is StoredManifest {
  return manifest !== null && manifest.uploaded !== 'unverified';
}

/** A table of stored backups, in human-readable form. */
export function describeStored(backups: readonly StoredBackup[]): string {
  return backups.length === 0 ? 'No backups.' : table(COLUMNS, backups).join('\n');
}

/** Enough of each id to tell it from others; all of it is in `--json`. */
function keysOf(keyIds: readonly string[] = []): string {
  const shown = keyIds.slice(0, MOST_KEYS).map((id) => id.slice(0, SHOWN_DIGITS));
  return [...shown, ...(keyIds.length > MOST_KEYS ? [`+${keyIds.length - MOST_KEYS}`] : [])].join(' ');
}

function remarksOn({ manifest, problem, origin, testedAt, isUnread, isKeyConfigured }: StoredBackup): string[] {
  if (!manifest) return [problem ?? ''];
  return [
    ...(isUnread ? ['its restore test could not be read'] : []),
    ...(manifest.redacted ? ['redacted'] : []),
    ...(testedAt ? [`restore tested ${testedAt.toISOString()}`] : []),
    ...(isKeyConfigured === false ? ['NONE OF ITS KEYS IS CONFIGURED'] : []),
    ...describeOrigin(origin),
  ];
}

/** Nothing if the origin is certain, or cannot be determined. */
function describeOrigin(origin: Origin): string[] {
  if (origin === 'uploaded') return ['uploaded'];
  if (origin === 'other') return ['OF ANOTHER APPLICATION OR DATABASE'];
  if (origin === 'unsigned') return ['NOT SIGNED BY A TRUSTED SIGNER'];
  return origin === 'foreign' || origin === 'unsealed' ? ['NOT AUTHENTICATED'] : [];
}
