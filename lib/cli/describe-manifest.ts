import type { BackupManifest } from '../backup/manifest.js';
import { visible } from '../visible-text.js';

/** What an archive holds and lacks, for people. */
export function describeManifest(manifest: BackupManifest): string {
  const { tables, files } = manifest;
  const width = Math.max(
    0,
    ...[...tables.map(({ name }) => name), ...Object.keys(files)].map((name) => visible(name).length),
  );
  const count = (value: number, width = 10) => value.toLocaleString('en').padStart(width);
  const lines = [
    `Backup ${manifest.id}`,
    `  made       ${manifest.createdAt} to ${manifest.finishedAt}`,
    `  of         version ${manifest.appVersion}, ${manifest.database.type} ${manifest.database.version}`,
    '  tables',
    ...tables.map(
      ({ name, rows, excluded }) =>
        `    ${visible(name).padEnd(width)} ${count(rows)} ${rows === 1 ? 'row' : 'rows'}${excluded ? ' (excluded)' : ''}`,
    ),
    '  directories',
    ...Object.entries(files).map(
      ([name, { count: number, bytes }]) =>
        `    ${visible(name).padEnd(width)} ${count(number)} ${number === 1 ? 'file ' : 'files'} ${count(bytes, 16)} bytes`,
    ),
    ...(manifest.redacted ? ['  REDACTED: its rows are not what the database held'] : []),
    ...manifest.warnings.map((warning) => `  warning: ${warning}`),
    ...manifest.skipped.map(({ path, reason }) => `  left out: ${path}: ${reason}`),
    manifest.complete ? '  complete' : '  NOT COMPLETE: files were left out',
  ];
  return lines.map(visible).join('\n');
}
