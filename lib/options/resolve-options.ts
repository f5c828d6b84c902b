import { createHash } from 'node:crypto';
import { invalidOption, invalidOptionsOf } from '../errors/usage-errors.js';
import { boundStores } from '../files/bounded-stores.js';
import { readOptions } from '../support/read-options.js';
import { resolveArchiveLimits } from './archive-limits.js';
import { type BackupModuleOptions, DEFAULT_OPTIONS } from './backup-options.js';
import { checkCompression } from './check-compression.js';
import { isKeyMissing, missingKey, resolveEncryptionKey } from './encryption-key.js';
import { HOOKS, resolveHooks } from './hooks.js';
import { hostVersion, isVersion, LONGEST_VERSION } from './host-version.js';
import { shownName } from './identify-user.js';
import { areRecipientsMissing, keyServicesIn, missingRecipients, resolveRecipients } from './recipients.js';
import { resolveDataDirs } from './resolve-data-dirs.js';
import { resolveDestinations } from './resolve-destinations.js';
import { resolveRetention } from './resolve-retention.js';
import type { ResolvedBackupOptions } from './resolved-options.js';
import { resolveRetentionKey } from './retention-key.js';
import { isSigningKeyMissing, missingSigningKey, resolveSigningKey } from './signing-key.js';
import { areSignersMissing, missingSigners, resolveTrustedSigners } from './trusted-signers.js';
import { resolveUploads } from './uploads.js';
import { resolveWrongKeys } from './wrong-keys.js';

/** Minimum length of a backup key, in characters. */
export const MIN_BACKUP_KEY_LENGTH = 20;

/** Names of all options of `BackupModule`. */
export const KNOWN_OPTIONS: readonly string[] = [
  ...Object.keys(DEFAULT_OPTIONS),
  'backupKey',
  'appVersion',
  'retention',
  'transformRow',
  'healthCheck',
  'restorePointDestination',
  'encryptionKey',
  'recipients',
  'retentionKey',
  'signingKey',
  'trustedSigners',
  ...HOOKS,
];

/** What is read before any factory is called; `enabled` may stand in either place. */
const MODULE_EXTRAS = new Set(['path', 'isGlobal', 'guards', 'history', 'metrics', 'page', 'restoreOverHttp']);

/** Keys are kept and compared in this fixed-length form. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/**
 * Validates the application's options and fills in the defaults, once, at startup.
 * @param override wins over the given ones
 * @param whenUsed a missing key, missing recipients, unusable destinations and missing zstd are refused only when they are used, as in a
 *   command: it may do without them, such as a restore from a file where everything is lost
 * @throws BackupError `INVALID_OPTIONS`, naming the option and the remedy
 */
export function resolveOptions(
  given: BackupModuleOptions | undefined,
  override: Pick<BackupModuleOptions, 'enabled'> = {},
  whenUsed = false,
): ResolvedBackupOptions {
  refuseExtras(given);
  const read = readOptions<BackupModuleOptions>(given, KNOWN_OPTIONS, invalidOptionsOf('backup'));
  const keyMissing = isKeyMissing(read);
  if (keyMissing && !whenUsed) throw missingKey(read);
  const recipientsMissing = areRecipientsMissing(read);
  if (recipientsMissing && !whenUsed) throw missingRecipients();
  const [signingKeyMissing, signersMissing] = [isSigningKeyMissing(read), areSignersMissing(read)];
  if (signingKeyMissing && !whenUsed) throw missingSigningKey();
  if (signersMissing && !whenUsed) throw missingSigners();
  const options = { ...DEFAULT_OPTIONS, ...defined(read), ...defined(override) };
  const { enabled, isSystemUser, identifyUser } = options;

  check('enabled', ['boolean', 'function'].includes(typeof enabled), 'Set a boolean or a function that returns one.');
  checkFunction('isSystemUser', isSystemUser, 'Set a function (user, request) => boolean.');
  checkFunction('identifyUser', identifyUser, 'Set a function (user, request) => string.');
  check('wrongKeys', isObject(options.wrongKeys), 'Set an object { limit, ttl, storage }.');
  check('uploads', isObject(options.uploads), 'Set an object { maxBytes, maxUnfinished, expiresAfter }.');
  check('excludeEntities', Array.isArray(options.excludeEntities), 'Set an array of entity classes or names.');
  check('unmappedTables', ['warn', 'include'].includes(options.unmappedTables), "Set 'warn' or 'include'.");
  checkCompression(options, whenUsed);
  const { idleTimeout } = options;
  check('idleTimeout', Number.isFinite(idleTimeout) && idleTimeout >= 1_000, 'Set at least 1000 milliseconds.');
  const { remoteTimeout } = options;
  const isTimeout = Number.isInteger(remoteTimeout) && remoteTimeout >= 100 && remoteTimeout < 2 ** 31;
  check('remoteTimeout', isTimeout, 'Set a whole number of milliseconds, at least 100.');
  check('archiveLimits', isObject(options.archiveLimits), 'Set an object { entries, lineBytes, … }.');
  if (options.transformRow !== undefined) {
    checkFunction('transformRow', options.transformRow, 'Set a function (table, row) => row.');
  }
  const isGivenVersion = options.appVersion === undefined || isVersion(options.appVersion);
  check('appVersion', isGivenVersion, `Set a string of at most ${LONGEST_VERSION} characters.`);

  const { healthCheck, restorePointDestination } = options;
  if (healthCheck !== undefined) checkFunction('healthCheck', healthCheck, 'Set a function () => boolean.');
  check('destinations', isObject(options.destinations), "Set an object { vault: localDirectory('/path') }.");
  const signers = signersMissing ? null : resolveTrustedSigners(options.trustedSigners);
  const dataDirs = boundStores(resolveDataDirs(options.dataDirs), remoteTimeout);

  return {
    backupKeyDigest: resolveBackupKey(options.backupKey),
    dataDirs,
    destinations: resolveDestinations(options.destinations, dataDirs, remoteTimeout, whenUsed),
    retention: resolveRetention(options.retention),
    appVersion: options.appVersion ?? hostVersion(),
    enabled: async () => (typeof enabled === 'function' ? (await enabled()) === true : enabled),
    isSystemUser: async (user, request) => (await isSystemUser(user, request)) === true,
    identifyUser: async (user, request) => shownName(await identifyUser(user, request)),
    wrongKeys: resolveWrongKeys(options.wrongKeys),
    uploads: resolveUploads(options.uploads),
    hooks: resolveHooks(options),
    transformRow: options.transformRow,
    healthCheck: healthCheck === undefined ? null : async () => (await healthCheck()) !== false,
    restorePointDestination: pointDestination(restorePointDestination, options.destinations),
    encryptionKey: keyMissing
      ? () => Promise.reject(missingKey(given!))
      : resolveEncryptionKey(options.encryptionKey, remoteTimeout),
    isKeyMissing: keyMissing,
    recipients: recipientsMissing
      ? () => Promise.reject(missingRecipients())
      : resolveRecipients(options.recipients, remoteTimeout),
    keyServices: recipientsMissing ? [] : keyServicesIn(options.recipients),
    retentionKey: resolveRetentionKey(options.retentionKey, remoteTimeout),
    signingKey: signingKeyMissing
      ? () => Promise.reject(missingSigningKey())
      : resolveSigningKey(options.signingKey, signers, remoteTimeout),
    trustedSigners: signersMissing ? refuseWithoutSigners : signers && (() => signers),
    excludeEntities: options.excludeEntities,
    unmappedTables: options.unmappedTables,
    dataSource: options.dataSource,
    compression: options.compression,
    compressionLevel: options.compressionLevel,
    idleTimeout,
    remoteTimeout,
    archiveLimits: resolveArchiveLimits(options.archiveLimits),
  };
}

function refuseWithoutSigners(): never {
  throw missingSigners();
}

function pointDestination(name: unknown, destinations: object): string | null {
  if (name === undefined) return null;
  const isThere = typeof name === 'string' && Object.hasOwn(destinations, name);
  check('restorePointDestination', isThere, 'Set the name of one of the destinations.');
  return name as string;
}

function resolveBackupKey(key: string | undefined): Buffer | null {
  if (key === undefined) return null;
  check('backupKey', typeof key === 'string', 'Set a string.');
  if ([...key].length < MIN_BACKUP_KEY_LENGTH) {
    throw invalidOption(
      'backupKey',
      `it is shorter than ${MIN_BACKUP_KEY_LENGTH} characters`,
      'Make one with: openssl rand -hex 32. Leave it undefined to disable the endpoint.',
    );
  }
  return digestOf(key);
}

function refuseExtras(given: unknown): void {
  const extra = Object.keys(given ?? {}).find((name) => MODULE_EXTRAS.has(name));
  if (extra === undefined) return;
  const remedy = `Give it to forRootAsync itself: forRootAsync({ ${extra}: …, useFactory: … }).`;
  throw invalidOption(extra, 'the factory’s options cannot hold it: it belongs next to useFactory', remedy);
}

/** Drops keys whose value is null or undefined, which mean "not set"; for what encrypts and signs only null does. */
function defined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null)) as T;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkFunction(option: string, value: unknown, remedy: string): void {
  if (typeof value !== 'function') throw invalidOption(option, 'it is not a function', remedy);
}

function check(option: string, holds: boolean, remedy: string): void {
  if (!holds) throw invalidOption(option, 'the value is invalid', remedy);
}
