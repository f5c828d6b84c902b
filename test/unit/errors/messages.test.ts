import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from 'nestjs-backup';
import {
  archiveFailed,
  archiveInvalid,
  archiveNotKept,
  archiveUnread,
  decryptionFailed,
  directoryUnreadable,
  keyDoesNotFit,
  overLimit,
  threadsForbidden,
  tooManyStanzas,
  zstdMissing,
} from '../../../lib/errors/archive-errors.js';
import {
  databaseBusy,
  databaseFailed,
  databaseRefused,
  databaseUnavailable,
  noTables,
  outOfLocks,
  rowsHidden,
  rowTooLong,
  settingDenied,
} from '../../../lib/errors/database-errors.js';
import { destinationFailed, noAnswer, queueUnavailable } from '../../../lib/errors/destination-errors.js';
import { explain } from '../../../lib/errors/explain.js';
import { ageUnusable, invalidIdentity, invalidRecipient, keyServiceFailed } from '../../../lib/errors/key-errors.js';
import { directoryInUse, locked, lockLost, lockUnusable } from '../../../lib/errors/lock-errors.js';
import {
  migrationFailed,
  migrationRefused,
  migrationsDiffer,
  orIgnoreMigrations,
} from '../../../lib/errors/migration-errors.js';
import {
  cannotUndo,
  pointIncomplete,
  pointUnreadable,
  restoreCutOff,
  unhealthy,
} from '../../../lib/errors/online-restore-errors.js';
import { messageOverHttp } from '../../../lib/errors/over-http.js';
import {
  filesNotInPlace,
  outcomeUnknown,
  replacedFilesRemain,
  restoreDamaged,
  restoreFailed,
  restoreRefused,
  restoreRefusedFor,
  restoreTakenOver,
  restoreUnfinished,
  tablesChanged,
} from '../../../lib/errors/restore-errors.js';
import { noScratch, restoreTestFailed } from '../../../lib/errors/restore-test-errors.js';
import { aborted, hookFailed, idle, transformFailed } from '../../../lib/errors/run-errors.js';
import {
  invalidSigner,
  signatureInvalid,
  signatureMissing,
  signatureUntrusted,
  signingFailed,
} from '../../../lib/errors/signature-errors.js';
import {
  alreadyStored,
  emptyUpload,
  noRoomForUpload,
  plaintextUpload,
  uploadRefused,
  uploadTooLarge,
} from '../../../lib/errors/upload-errors.js';
import {
  duplicatePackage,
  invalidAesKey,
  invalidOption,
  invalidOptionOf,
  invalidOptionsOf,
  missingPackage,
  notImported,
  requestScoped,
  unsupportedDatabase,
  wrongUsage,
} from '../../../lib/errors/usage-errors.js';
import { errorCodes } from '../../fixtures/error-codes.js';

const room = join(import.meta.dirname, '../../../lib/errors');
const sources = readdirSync(room)
  .filter((name) => name.endsWith('-errors.ts'))
  .map((name) => readFileSync(join(room, name), 'utf8'));

/** One of each, with a name where it takes one. */
const samples: ReadonlyArray<[BackupError, named?: string]> = [
  [invalidOption('dataDirs.files', 'it does not exist', 'Create it.'), 'dataDirs.files'],
  [
    invalidOptionOf('queue', 'worker', 'it is neither true nor false', 'Set one of them.'),
    'BackupQueueModule option "worker"',
  ],
  [
    invalidOptionsOf('health')(undefined, 'its options are not an object (null)', 'Make the factory return one.'),
    'BackupHealthModule: its options are not an object (null).',
  ],
  [requestScoped('schedule'), 'BackupScheduleModule'],
  [
    notImported('schedule', 'ScheduleModule'),
    'BackupScheduleModule: it needs ScheduleModule, which the application does not import. Import ScheduleModule once.',
  ],
  [invalidAesKey()],
  [invalidRecipient('it is empty', 1, 3), 'Recipient 2 of 3'],
  [invalidIdentity('it holds no identity'), 'age-keygen'],
  [keyServiceFailed('alias/backups', 'the key is disabled'), '"alias/backups"'],
  [ageUnusable(new SyntaxError('Cannot use import statement outside a module')), 'Node.js 24.9'],
  [unsupportedDatabase('oracle', ['postgres']), 'oracle'],
  [missingPackage('mysql2', undefined), 'npm install mysql2'],
  [duplicatePackage('typeorm', { theirs: '/a', ours: '/b', version: '1.1.1' }), 'npm install typeorm@1.1.1'],
  [locked()],
  [directoryInUse('files', '/data/files'), '"/data/files/.nestjs-backup"'],
  [restoreTakenOver('files', '/data/files'), '"files"'],
  [lockLost()],
  [lockUnusable('app.backup-lock', 'it cannot be made', 'Give this user the right.'), 'app.backup-lock'],
  [databaseUnavailable(undefined)],
  [databaseRefused('database', 'shop', undefined), '"shop"'],
  [databaseBusy('Table "project"'), 'project'],
  [databaseFailed('read table "project"'), 'project'],
  [noTables('shop', ['a', 'b', 'c', 'd']), '"c", …'],
  [outOfLocks('The backup failed while it locked the tables'), 'max_locks_per_transaction'],
  [settingDenied('max_error_count', '10', '64', undefined), 'max_error_count'],
  [rowsHidden('project'), 'project'],
  [rowTooLong('project'), 'project'],
  [directoryUnreadable('uploads', undefined), 'uploads'],
  [archiveFailed('a source failed')],
  [threadsForbidden(undefined), '--allow-worker'],
  [zstdMissing(), 'zstd'],
  [archiveNotKept('/tmp', 'there is no space left', undefined), '/tmp'],
  [archiveUnread('the thread that reads it ended'), 'thread'],
  [archiveInvalid('its entry "VERSION" is missing'), 'VERSION'],
  [overLimit('its entry "manifest.json" has 9 bytes, more than 8', 'manifestBytes'), 'manifestBytes'],
  [decryptionFailed('segment 3 is damaged'), 'segment 3'],
  [invalidSigner('it is empty', 1, 3), 'Trusted signer 2 of 3'],
  [signingFailed('the function sign of the option signingKey failed'), 'signingKey'],
  [signatureMissing()],
  [signatureUntrusted('SHA256:abc'), 'SHA256:abc'],
  [signatureInvalid('its signature of manifest.json is not valid: it is cut off'), 'manifest.json'],
  [keyDoesNotFit('the key is wrong'), 'wrong'],
  [tooManyStanzas(2_673, 100), '2673 recipients'],
  [restoreRefused('table "project" holds rows', 'Use --replace.'), 'project'],
  [restoreRefusedFor('the schema differs', ['A.', 'B "project"'], 'Use another.'), 'B "project". Use'],
  [migrationsDiffer(['Migration "A1" is unknown.']), 'A1'],
  [tablesChanged('table "project"'), 'project'],
  [migrationRefused('migration "A1" cannot be reverted'), 'A1'],
  [orIgnoreMigrations(migrationRefused('migration "A1" differs')) as BackupError, '--ignore-migrations'],
  [restoreFailed('table "project": column "name"'), 'name'],
  [restoreDamaged('"/data/.nestjs-backup/x" has lost its journal'), '/data/.nestjs-backup/x'],
  [filesNotInPlace('uploads', '/data/uploads', 'EACCES', undefined), '/data/uploads'],
  [replacedFilesRemain('uploads', '/data/uploads/.nestjs-backup', 'EPERM'), '/data/uploads/.nestjs-backup'],
  [outcomeUnknown()],
  [restoreUnfinished(undefined)],
  [unhealthy('migration "A1" has not been run'), 'A1'],
  [pointIncomplete(['files/a.txt', 'files/b.txt', 'files/c.txt']), '"files/a.txt" and 2 others'],
  [restoreCutOff()],
  [pointUnreadable(), 'no identity was given'],
  [cannotUndo('it is not the last one'), 'not the last one'],
  [migrationFailed('A1', ['A1', 'B2'], undefined), 'A1, B2'],
  [restoreTestFailed('table "project" came back with 2 rows instead of 3'), 'project'],
  [noScratch('no database could be made', 'Give the role CREATEDB.')],
  [destinationFailed('"vault" is full'), 'vault'],
  [uploadRefused('"vault" has 5 unfinished uploads already', 'Wait until one has ended.'), 'vault'],
  [alreadyStored('vault', 'some-id'), 'some-id'],
  [emptyUpload(), 'is empty'],
  [uploadTooLarge({ size: 20, most: 10 }), 'uploads.maxBytes'],
  [plaintextUpload(), 'plaintext: true'],
  [noRoomForUpload('vault', { needed: 20, free: 10 }), '"vault" has room for 10 bytes'],
  [queueUnavailable(new Error('no answer'))],
  [noAnswer('its method list()', 120_000), 'remoteTimeout'],
  [hookFailed('beforeBackup', 'backup', undefined), 'beforeBackup'],
  [transformFailed('project', 'it threw'), 'project'],
  [wrongUsage('"a.zip" already exists', 'Choose another name with -o.'), 'a.zip'],
  [idle(300_000), 'idleTimeout'],
  [aborted()],
];

describe('Messages', () => {
  it('are tried for every constructor, and for every code', () => {
    const constructors = sources.flatMap((source) => [...source.matchAll(/^export function \w+/gm)]);
    expect(samples).toHaveLength(constructors.length);
    expect(new Set(samples.map(([{ code }]) => code))).toEqual(new Set(errorCodes));
  });

  it('list reasons one a line, none of which a name in it can begin', () => {
    const { message } = restoreRefusedFor('it differs', ['Table "a\n- b".', 'c'], 'Use another.');
    expect(message.split('\n')).toEqual([
      'Nothing was restored: it differs:',
      '- Table "a\\u000a- b".',
      '- c. Use another.',
    ]);
    expect(explain(new BackupError('RESTORE_REFUSED', message.split('\n')))).toBe(`${message} (RESTORE_REFUSED)`);
  });

  it.each(
    samples.map(([{ code, message, problem, remedy }, named]) => [code, message, problem, remedy, named] as const),
  )('%s: "%s" names what it is about, and the next step', (_, message, problem, remedy, named) => {
    if (named) expect(message).toContain(named);
    expect(message).toBe(`${problem} ${remedy}`);
    const verbs =
      /\b(Allow|Check|Create|Choose|Find|Fix|Give|Import|Install|Make|Pass|Raise|raise|Restore|Run|See|Select|Set|Try|Use|Wait|inspect|finishes)\b/;
    expect(remedy).toMatch(verbs);
  });

  it.each(samples.map(([error]) => [error.code, error] as const))(
    '%s names an option of the command line over HTTP only as one',
    (_, error) => {
      expect(messageOverHttp(error).split('On the command line:')[0]).not.toMatch(/(^|\s)--[a-z]/);
    },
  );
});

describe('Words of others that end with a full stop', () => {
  it('do not end the sentence twice', () => {
    const what = 'the server says no.';
    const errors = [
      invalidOption('dataDirs', what, 'Create it.'),
      lockUnusable('app.backup-lock', what, 'Create it.'),
      databaseFailed(what),
      archiveFailed(what),
      decryptionFailed(what),
      archiveInvalid(what),
      restoreRefused(what, 'Create it.'),
      restoreFailed(what),
      restoreTestFailed(what),
      noScratch(what, 'Create it.'),
      destinationFailed(what, destinationFailed(what)),
      transformFailed('note', what),
      wrongUsage(what, 'Create it.'),
    ];
    for (const { message } of errors) {
      expect(message).toContain('the server says no. ');
      expect(message).not.toContain('..');
    }
  });
});
