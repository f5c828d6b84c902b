import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** The entries of package.json; each but `main` is a subpath, and a folder of the build. */
export const ENTRIES = ['main', 's3', 'kms', 'schedule', 'queue', 'health'];

/** What public declarations name although nobody can import it, and why. */
export const NOT_EXPORTED = [
  'ConfigurableModuleClass', // The base that Nest's builder makes of each module: it has forRoot and forRootAsync.
];

export function declarationsOf(entry) {
  return join(root, 'dist', entry === 'main' ? '' : entry, 'index.d.ts');
}

export function reportOf(entry) {
  return join(root, 'api', `${entry}.api.md`);
}

/** Names that a report lists. */
export async function exportsOf(entry) {
  const report = await readFile(reportOf(entry), 'utf8').catch(() => '');
  return [...report.matchAll(/^export (?:class|const|function|interface|type) (\w+)/gm)].map(([, name]) => name);
}
