import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError, type BackupErrorCode } from 'nestjs-backup';
import { explain } from '../../lib/backup.errors.js';
import { exitCodeOf } from '../../lib/cli/exit-codes.js';
import { toHttpException } from '../../lib/http/error-response.js';
import { REFUSAL_STATUS } from '../../lib/http/refusal-codes.js';

const root = join(import.meta.dirname, '../..');
const source = readFileSync(join(root, 'lib/backup.errors.ts'), 'utf8');
const union = readFileSync(join(root, 'lib/backup-error-code.ts'), 'utf8');
const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code as BackupErrorCode);
const [ofErrors, ofRefusals] = readFileSync(join(root, 'docs/errors.md'), 'utf8').split(/^## Over HTTP$/m);
const [, ...chapters] = ofErrors!.split(/^## /m);
const [, ...refusals] = ofRefusals!.split(/^### /m);
const sections = new Map(chapters.map((text) => [text.slice(0, text.indexOf('\n')), text]));

describe('docs/errors.md', () => {
  it('has a section for every code of the source, in its order, and no other', () => {
    expect(codes.length).toBeGreaterThan(20);
    expect([...sections.keys()]).toEqual(codes);
  });

  it.each(codes)('tells cause, remedy, exit code and HTTP status of %s as they are', (code) => {
    const section = sections.get(code)!;
    expect(section).toMatch(/^\*\*Cause\.\*\* .{30}/m);
    expect(section).toMatch(/^\*\*Remedy\.\*\* .{15}/m);
    const error = new BackupError(code, 'any');
    expect(/Exit code (\d)/.exec(section)?.[1]).toBe(String(exitCodeOf(error)));
    const status = /HTTP (\d+)/.exec(section)?.[1];
    if (status !== undefined) expect(status).toBe(String(toHttpException(error).getStatus()));
  });
});

describe('docs/errors.md over HTTP', () => {
  it('has a section with cause, remedy and status for every code of a refusal, and no other', () => {
    const found = refusals.map((text) => [/^\w+/.exec(text)![0], Number(/HTTP (\d+)/.exec(text)?.[1])]);
    expect(found).toEqual(Object.entries(REFUSAL_STATUS));
    for (const text of refusals) expect(text).toMatch(/^\*\*Cause\.\*\* .{20}[^]*^\*\*Remedy\.\*\* .{4}/m);
  });
});

/** One of each, with a name where it takes one. */
const samples: ReadonlyArray<[BackupError, named?: string]> = [
  [BackupError.invalidOption('dataDirs.files', 'it does not exist', 'Create it.'), 'dataDirs.files'],
  [BackupError.invalidAesKey()],
  [BackupError.unsupportedDatabase('oracle', ['postgres']), 'oracle'],
  [BackupError.missingPackage('mysql2', undefined), 'npm install mysql2'],
  [
    BackupError.duplicatePackage('typeorm', { theirs: '/a', ours: '/b', version: '1.1.1' }),
    'npm install typeorm@1.1.1',
  ],
  [BackupError.locked()],
  [BackupError.directoryInUse('files', '/data/files'), '"/data/files/.nestjs-backup"'],
  [BackupError.restoreTakenOver('files', '/data/files'), '"files"'],
  [BackupError.lockLost()],
  [BackupError.lockUnusable('app.backup-lock', 'it cannot be made', 'Give this user the right.'), 'app.backup-lock'],
  [BackupError.databaseUnavailable(undefined)],
  [BackupError.databaseBusy('Table "project"'), 'project'],
  [BackupError.databaseFailed('read table "project"'), 'project'],
  [BackupError.outOfLocks('The backup failed while it locked the tables'), 'max_locks_per_transaction'],
  [BackupError.settingDenied('max_error_count', '10', '64', undefined), 'max_error_count'],
  [BackupError.rowsHidden('project'), 'project'],
  [BackupError.rowTooLong('project'), 'project'],
  [BackupError.directoryUnreadable('uploads', undefined), 'uploads'],
  [BackupError.archiveFailed('a source failed')],
  [BackupError.archiveInvalid('its entry "VERSION" is missing'), 'VERSION'],
  [BackupError.overLimit('its entry "manifest.json" has 9 bytes, more than 8', 'manifestBytes'), 'manifestBytes'],
  [BackupError.decryptionFailed('segment 3 is damaged'), 'segment 3'],
  [BackupError.restoreRefused('table "project" holds rows', 'Use --replace.'), 'project'],
  [BackupError.restoreRefusedFor('the schema differs', ['A.', 'B "project"'], 'Use another.'), 'B "project". Use'],
  [BackupError.migrationsDiffer(['Migration "A1" is unknown.']), 'A1'],
  [BackupError.tablesChanged('table "project"'), 'project'],
  [BackupError.migrationRefused('migration "A1" cannot be reverted'), 'A1'],
  [
    BackupError.orIgnoreMigrations(BackupError.migrationRefused('migration "A1" differs')) as BackupError,
    '--ignore-migrations',
  ],
  [BackupError.restoreFailed('table "project": column "name"'), 'name'],
  [BackupError.outcomeUnknown()],
  [BackupError.restoreUnfinished(undefined)],
  [BackupError.migrationFailed('A1', ['A1', 'B2'], undefined), 'A1, B2'],
  [BackupError.proofFailed('table "project" came back with 2 rows instead of 3'), 'project'],
  [BackupError.noScratch('no database could be made', 'Give the role CREATEDB.')],
  [BackupError.destinationFailed('"vault" is full'), 'vault'],
  [BackupError.noAnswer('its method list()', 120_000), 'remoteTimeout'],
  [BackupError.hookFailed('beforeBackup', 'backup', undefined), 'beforeBackup'],
  [BackupError.transformFailed('project', 'it threw'), 'project'],
  [BackupError.wrongUsage('"a.zip" exists already', 'Choose another name with -o.'), 'a.zip'],
  [BackupError.idle(300_000), 'idleTimeout'],
  [BackupError.aborted()],
];

describe('Messages', () => {
  it('are tried for every constructor, and for every code', () => {
    const constructors = [...source.matchAll(/^ {2}static (\w+)\(/gm)].map(([, name]) => name);
    expect(samples).toHaveLength(constructors.length);
    expect(new Set(samples.map(([{ code }]) => code))).toEqual(new Set(codes));
  });

  it('list reasons one a line, none of which a name in it can begin', () => {
    const { message } = BackupError.restoreRefusedFor('it differs', ['Table "a\n- b".', 'c'], 'Use another.');
    expect(message.split('\n')).toEqual([
      'Nothing was restored: it differs:',
      '- Table "a\\u000a- b".',
      '- c. Use another.',
    ]);
    expect(explain(new BackupError('RESTORE_REFUSED', message.split('\n')))).toBe(`${message} (RESTORE_REFUSED)`);
  });

  it.each(samples.map(([error, named]) => [error.code, error.message, named] as const))(
    '%s: "%s" names what it is about, and the next step',
    (_, message, named) => {
      if (named) expect(message).toContain(named);
      const [, ...steps] = message.split(/(?<=\.) (?=[A-Z])/);
      const verbs =
        /\b(Check|Choose|Create|Give|Leave|Look|Make|Mend|mend|Name|Raise|raise|Restore|Run|Start|Take|Try|try|Use|finishes)\b/;
      expect(steps.join(' ')).toMatch(verbs);
    },
  );
});

describe('Words of others that end with a full stop', () => {
  it('do not end the sentence twice', () => {
    const what = 'the server says no.';
    const errors = [
      BackupError.invalidOption('dataDirs', what, 'Create it.'),
      BackupError.lockUnusable('app.backup-lock', what, 'Create it.'),
      BackupError.databaseFailed(what),
      BackupError.archiveFailed(what),
      BackupError.decryptionFailed(what),
      BackupError.archiveInvalid(what),
      BackupError.restoreRefused(what, 'Create it.'),
      BackupError.restoreFailed(what),
      BackupError.proofFailed(what),
      BackupError.noScratch(what, 'Create it.'),
      BackupError.destinationFailed(what, BackupError.destinationFailed(what)),
      BackupError.transformFailed('note', what),
      BackupError.wrongUsage(what, 'Create it.'),
    ];
    for (const { message } of errors) {
      expect(message).toContain('the server says no. ');
      expect(message).not.toContain('..');
    }
  });
});
