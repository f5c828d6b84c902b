import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** The modules that an application imports beside `BackupModule`, by their class names. */
const MODULES = { queue: 'BackupQueueModule', schedule: 'BackupScheduleModule', health: 'BackupHealthModule' } as const;
const ALL_MODULES = { backup: 'BackupModule', ...MODULES } as const;

export type SideModule = keyof typeof MODULES;
export type OwnModule = keyof typeof ALL_MODULES;

export function invalidOption(option: string, problem: string, remedy: string): BackupError {
  return invalid(`BackupModule option "${option}"`, problem, remedy);
}

/** The same for another module of this library. */
export function invalidOptionOf(
  module: SideModule,
  option: string,
  problem: string,
  remedy: string,
  cause?: unknown,
): BackupError {
  return invalid(`${MODULES[module]} option "${option}"`, problem, remedy, cause);
}

/** For `readOptions`. */
export function invalidOptionsOf(
  module: OwnModule,
): (option: string | undefined, problem: string, remedy: string) => BackupError {
  return (option, problem, remedy) =>
    invalid(`${ALL_MODULES[module]}${option === undefined ? '' : ` option "${option}"`}`, problem, remedy);
}

/** Nest calls no lifecycle hook of what it makes anew for each request. */
export function requestScoped(module: OwnModule): BackupError {
  const problem = 'its options depend on a request-scoped provider, so it would never be started';
  const remedy = 'Give the factory of forRootAsync only providers of the default scope to inject.';
  return invalid(ALL_MODULES[module], problem, remedy);
}

/** @param what the application has to import beside the module */
export function notImported(module: SideModule, what: string): BackupError {
  return invalid(MODULES[module], `it needs ${what}, which the application does not import`, `Import ${what} once.`);
}

export function invalidAesKey(): BackupError {
  const problem = 'The AES key must be 64 hexadecimal digits, or base64 of exactly 32 bytes.';
  return new BackupError('INVALID_AES_KEY', problem, { remedy: 'Make one with: openssl rand -hex 32' });
}

export function unsupportedDatabase(type: string, supported: readonly string[]): BackupError {
  const problem = `BackupModule cannot back up a TypeORM DataSource of type "${type}". Supported types: ${supported.join(', ')}.`;
  return new BackupError('UNSUPPORTED_DATABASE', problem, {
    remedy: 'Select a DataSource of one of these types with the option dataSource.',
  });
}

export function missingPackage(name: string, cause: unknown): BackupError {
  const remedy = `Run: npm install ${name}`;
  return new BackupError('MISSING_PACKAGE', `The package "${name}" is not installed.`, { remedy, cause });
}

/** @param version of the application's copy. Folders and version are undefined where they cannot be known */
export function duplicatePackage(
  name: string,
  { theirs, ours, version }: { theirs?: string; ours?: string; version?: string },
): BackupError {
  const places = `the application runs on ${theirs ? `the one in "${theirs}"` : 'one'}, nestjs-backup loads ${ours ? `the one in "${ours}"` : 'the other'}`;
  const remedy = version
    ? `Install the application's version beside nestjs-backup: npm install ${name}@${version}`
    : `Install only one, in the application's version`;
  return new BackupError(
    'DUPLICATE_PACKAGE',
    `There are two copies of ${name}: ${places}. Neither knows the classes of the other.`,
    { remedy: `${remedy}; "npm ls ${name}" shows which package brings which copy.` },
  );
}

/** The command line was called in a way that cannot work. */
export function wrongUsage(problem: string, remedy: string): BackupError {
  return new BackupError('WRONG_USAGE', `Wrong usage: ${clause(problem)}.`, { remedy });
}

function invalid(what: string, problem: string, remedy: string, cause?: unknown): BackupError {
  const details = cause === undefined ? { remedy } : { remedy, cause };
  return new BackupError('INVALID_OPTIONS', `${what}: ${clause(problem)}.`, details);
}
