import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** Shared by all copies of this library in the process. */
const FOLDER = Symbol.for('nestjs-backup:application-folder');
const shared = globalThis as { [FOLDER]?: string };

/** For the command line, whose own script is the entry of the process. */
export function setApplicationFolder(folder: string): void {
  shared[FOLDER] = folder;
}

/**
 * What the application's relative paths are relative to: the folder of the package.json nearest to its main script; if that
 * belongs to a tool (a test runner, a process manager) or there is none, the working directory.
 */
export function applicationFolder(): string {
  return shared[FOLDER] ?? packageFolderOf(process.argv[1]) ?? process.cwd();
}

/** The folder of the package that a file belongs to; undefined for none, and for installed packages. */
export function packageFolderOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  for (let folder = dirname(real(file)); ; folder = dirname(folder)) {
    if (readPackage(folder)) return folder.split(sep).includes('node_modules') ? undefined : folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** A package.json that describes a package; one that only sets the module type of the files beside it does not count. */
export function readPackage(folder: string): Record<string, unknown> | undefined {
  try {
    const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
    return ['name', 'version', 'dependencies'].some((key) => key in found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function real(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
