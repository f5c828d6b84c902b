import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BackupError } from '../../errors/backup-error.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { packageFolderOf, readPackage } from '../../support/application-folder.js';

/** Names the application if --app does not. */
const APP_VARIABLE = 'NESTJS_BACKUP_APP';
const FIELD = 'nestjs-backup';
const EXTENSIONS = ['js', 'cjs', 'mjs'];
const WITHOUT_MODULE =
  'Build the root module as a separate file, and name that with --app ("Which file is the application" in docs/command-line.md)';

/** The application that the command line works with. */
export interface Application {
  /** Absolute path of the file that exports the root module. */
  readonly file: string;
  /** The folder of its package.json; without one, the working directory, as when the application runs by itself. */
  readonly folder: string;
}

/**
 * The file of `--app`, else of `NESTJS_BACKUP_APP`, else of the field `nestjs-backup` of the package.json, else what `nest
 * build` makes of the application in this directory.
 * @throws BackupError `WRONG_USAGE`
 */
export function findApplication(given: string | undefined): Application {
  const file = given === undefined ? findUnnamed() : resolve(given);
  return { file, folder: packageFolderOf(file) ?? process.cwd() };
}

function findUnnamed(): string {
  const { [APP_VARIABLE]: variable } = process.env;
  if (variable) return resolve(variable);
  const folder = packageFolderOf(join(process.cwd(), 'package.json')) ?? process.cwd();
  const field = readPackage(folder)?.[FIELD] as { readonly app?: unknown } | undefined;
  if (field !== undefined) {
    if (typeof field?.app === 'string' && field.app !== '') return resolve(folder, field.app);
    const problem = `the field "${FIELD}" of ${join(folder, 'package.json')} does not name an application`;
    throw wrongUsage(problem, `Write "${FIELD}": { "app": "dist/app.module.js" }.`);
  }
  const built = builtFiles(folder);
  const found = built.modules.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const main = built.mains.find((path) => existsSync(path));
  if (main !== undefined) {
    const problem = `there is ${main}, which starts the server, but no app.module.js beside it (webpack builds only the former)`;
    throw wrongUsage(problem, `${WITHOUT_MODULE}.`);
  }
  throw wrongUsage(
    `no application was named, and there is no ${built.modules[0]!}`,
    `Build it, run this in its folder, or name the file of its root module with --app, ${APP_VARIABLE} or the field "${FIELD}" of package.json.`,
  );
}

/** Where `nest build` puts them, including in a monorepo. */
function builtFiles(folder: string): { readonly modules: string[]; readonly mains: string[] } {
  const root = nestRoot(folder);
  const folders = ['dist', 'dist/src', ...(root === undefined ? [] : [`dist/${root}`, `dist/${root}/src`])];
  const files = (name: string) =>
    folders.flatMap((one) => EXTENSIONS.map((extension) => join(folder, one, `${name}.${extension}`)));
  return { modules: files('app.module'), mains: files('main') };
}

function nestRoot(folder: string): string | undefined {
  try {
    const { root } = JSON.parse(readFileSync(join(folder, 'nest-cli.json'), 'utf8')) as { root?: unknown };
    return typeof root === 'string' && root !== '' ? root : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The error for a file that starts a server instead of exporting a module.
 * @param file absolute path
 */
export function startsServer(file: string): BackupError {
  const beside = EXTENSIONS.map((extension) => join(dirname(file), `app.module.${extension}`)).find((path) =>
    existsSync(path),
  );
  const remedy = beside === undefined ? WITHOUT_MODULE : `Name the file of the root module: --app ${beside}`;
  return wrongUsage(`--app ${file} starts the application’s server instead of exporting a module`, `${remedy}.`);
}
