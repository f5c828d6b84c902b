import { basename, dirname } from 'node:path';
import { applicationFolder, readPackage } from '../support/application-folder.js';
import { visibleUpTo } from '../support/visible-text.js';

/** npm's limit, in characters; the summary beside a stored archive has to stay small. */
export const LONGEST_VERSION = 256;
/** npm's limit, in characters. */
const LONGEST_NAME = 214;

/** The name in the application's package.json; without one, that of its folder. */
export function applicationName(): string {
  const folder = applicationFolder();
  const name = readPackage(folder)?.name;
  return typeof name === 'string' && name !== '' ? visibleUpTo(LONGEST_NAME, name) : basename(folder);
}

/** The version in the package.json nearest to the working directory, else to the main script, else 'unknown'. */
export function hostVersion(): string {
  const script = process.argv[1];
  return nearestVersion(process.cwd()) ?? (script ? nearestVersion(dirname(script)) : undefined) ?? 'unknown';
}

function nearestVersion(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const version = versionIn(folder);
    if (version !== undefined || folder === dirname(folder)) return version;
  }
}

function versionIn(folder: string): string | undefined {
  const version = readPackage(folder)?.version;
  return isVersion(version) && version !== '' ? version : undefined;
}

export function isVersion(version: unknown): version is string {
  return typeof version === 'string' && version.length <= LONGEST_VERSION;
}
