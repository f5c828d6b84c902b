import { explain } from '../backup.errors.js';
import type { StoredBackup } from '../store/catalog.js';
import type { Origin } from '../store/seal.js';
import type { StoreReport, StoreResult } from '../store/store-archive.js';
import type { StoredManifest } from '../store/stored-manifest.js';
import { describeManifest } from './describe-manifest.js';
import { ExitCode, exitCodeFor } from './exit-codes.js';
import { some } from './some.js';
import type { Terminal } from './terminal.js';
import { visible } from '../visible-text.js';

/** Says where a backup is now, and where it is not. A destination that failed makes a failure of it, for whoever counts copies. */
export function reportStored(
  terminal: Terminal,
  { json }: { readonly json?: boolean },
  { id, result, manifest, destinations }: StoreReport,
): ExitCode {
  if (json) {
    const { complete, warnings, skipped } = manifest;
    const places = destinations.map(({ error, ...place }) => ({ ...place, ...(error && { error: explain(error) }) }));
    terminal.result(JSON.stringify({ id, result, destinations: places, complete, warnings, skipped }));
  } else {
    terminal.result([describeManifest(manifest), ...destinations.map(describePlace)].join('\n'));
  }
  return result === 'failed' ? ExitCode.FAILED : exitCodeFor(manifest);
}

function describePlace({ destination, archive, bytes, error }: StoreResult): string {
  return error ? `${destination}: FAILED: ${explain(error)}` : `${destination}: ${archive} (${bytes} bytes)`;
}

/** A table of stored backups, for people. */
export function describeStored(backups: readonly StoredBackup[]): string {
  const lines = backups.map(
    ({ destination, id, createdAt, result, origin, encrypted, bytes, manifest, problem, provenAt }) => {
      const content = manifest ? describeContent(manifest, provenAt) + describeOrigin(origin) : problem;
      const words = [`${destination}:${id}`, createdAt.toISOString(), result.padEnd(10), `${bytes} bytes`.padStart(20)];
      return [...words, encrypted ? 'encrypted' : 'plain    ', content].join('  ');
    },
  );
  return lines.length === 0 ? 'No backups.' : lines.map(visible).join('\n');
}

/** Nothing of what is certain, and of what cannot be told. */
function describeOrigin(origin: Origin): string {
  if (origin === 'other') return ', OF ANOTHER APPLICATION OR DATABASE';
  return origin === 'foreign' || origin === 'unsealed' ? ', NOT AUTHENTICATED' : '';
}

function describeContent({ rows, files, appVersion, redacted }: StoredManifest, provenAt: Date | null): string {
  const marks = [...(redacted ? ['redacted'] : []), ...(provenAt ? [`restore proven ${provenAt.toISOString()}`] : [])];
  return [some(rows, 'row'), some(files, 'file'), `version ${appVersion}`, ...marks].join(', ');
}
