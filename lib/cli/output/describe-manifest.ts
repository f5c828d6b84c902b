import type { BackupManifest } from '../../manifest/manifest.js';
import type { ArchiveSignature } from '../../restore/read/archive-signature.js';
import { count, pluralize, size } from '../../support/quantities.js';
import { visible } from '../../support/visible-text.js';
import { leftOut } from './conclude.js';
import { describeSignature } from './describe-signature.js';

/** What is known about the archive beyond its manifest. */
export interface ArchiveFacts {
  readonly encrypted: boolean;
  /** Null when it is not signed; absent if that was not looked at. */
  readonly signature?: ArchiveSignature | null;
  /** The size as stored; absent if it is not known. */
  readonly bytes?: number;
}

/** What an archive holds and lacks, in human-readable form. */
export function describeManifest(manifest: BackupManifest, { encrypted, signature, bytes }: ArchiveFacts): string {
  const { tables, files } = manifest;
  const names = [...tables.map(({ name }) => name), ...Object.keys(files)];
  const width = Math.max(0, ...names.map((name) => visible(name).length));
  const line = (name: string, value: number, noun: string) =>
    `    ${visible(name).padEnd(width)} ${count(value).padStart(10)} ${value === 1 ? noun : `${noun}s`}`;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const lines = [
    `Backup ${manifest.id}`,
    `  made       ${manifest.createdAt} to ${manifest.finishedAt}`,
    `  of         version ${manifest.appVersion}, ${manifest.database.type} ${manifest.database.version}`,
    `  archive    ${encrypted ? 'encrypted' : 'not encrypted'}${bytes === undefined ? '' : `, ${size(bytes)}`}`,
    ...(signature === undefined ? [] : [`  signed     ${describeSignature(signature)}`]),
    `  tables     ${count(tables.length)}, with ${pluralize(rows, 'row')}`,
    ...tables.map(({ name, rows, excluded }) => `${line(name, rows, 'row')}${excluded ? ' (excluded)' : ''}`),
    '  directories',
    ...Object.entries(files).map(
      ([name, { count: number, bytes }]) =>
        `${line(name, number, 'file').padEnd(width + 21)} ${size(bytes).padStart(8)}`,
    ),
    ...(manifest.redacted ? ['  REDACTED: its rows differ from those in the database'] : []),
    ...manifest.warnings.map((warning) => `  warning: ${warning}`),
    ...(manifest.complete ? ['  complete'] : leftOut(manifest).map((text) => `  ${text}`)),
  ];
  return lines.map(visible).join('\n');
}
