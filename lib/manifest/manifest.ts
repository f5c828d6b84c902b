import { isReservedName, MIGRATIONS_ENTRY, unsafeName, VERSION_ENTRY } from '../archive/entry-names.js';
import type { SequenceState } from '../database/catalog-table.js';
import type { MigrationsRecord } from '../database/migrations/record.js';
import { modelName } from '../database/table-location.js';
import { archiveInvalid } from '../errors/archive-errors.js';
import type { ColumnEncoding } from '../jsonl/format.js';
import { displayName } from '../support/visible-text.js';
import { JsonFields, parsePlainJson } from './json-fields.js';

/** Name and version of the archive format. */
export const ARCHIVE_FORMAT: BackupManifest['format'] = 'nestjs-backup/1';

/** One table of `backup.jsonl`. */
export interface ManifestTable {
  /** The lines' `model`: schema-qualified when the table is not in the default schema. */
  readonly name: string;
  /** The schema (MySQL: database, SQLite: attached file), null for the default one. */
  readonly schema: string | null;
  readonly table: string;
  /** Entities that map it; none for a table that was included without one. */
  readonly entities: readonly string[];
  /** Stored columns in catalog order. */
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string; readonly encoding: ColumnEncoding }>;
  readonly primaryKey: readonly string[];
  readonly rows: number;
  /** `sha256:` followed by the hexadecimal SHA-256 of the table's lines, including line feeds. */
  readonly digest: string;
  /** True when the application excluded its rows (`excludeEntities`). */
  readonly excluded: boolean;
  /**
   * Constraints that its rows may already have violated; absent in older archives, and for engines that do not need it.
   */
  readonly constraints?: readonly string[];
}

/** The files of one data directory. */
export interface ManifestFiles {
  readonly count: number;
  readonly bytes: number;
  /**
   * `sha256:` followed by the hexadecimal SHA-256 of the lines `<sha256 of the content>  <name of the entry>`, each with a
   * line feed, in the archive's order, as sha256sum writes them. Only in signed archives.
   */
  readonly digest?: string;
}

/** `manifest.json`, behind everything that it accounts for: everything that the archive holds and lacks. */
export interface BackupManifest {
  /** Name and version of the archive format. */
  readonly format: 'nestjs-backup/1';
  readonly id: string;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly finishedAt: string;
  readonly appVersion: string;
  readonly database: { readonly type: string; readonly version: string };
  readonly tables: readonly ManifestTable[];
  readonly sequences: readonly SequenceState[];
  readonly files: Readonly<Record<string, ManifestFiles>>;
  /**
   * Digest of what the archive says about files and directories besides their content: names, modes and times. Absent
   * in older archives.
   * @see EntriesDigest
   */
  readonly entries?: string;
  /** SHA-256 of the archive's own entries that nothing else here proves. Absent if it is not signed. */
  readonly digests?: { readonly VERSION: string; readonly 'migrations.json': string };
  /**
   * Fingerprint of the key that signs the archive, as `ssh-keygen -l` shows it; its signature of this file is the next
   * entry. Absent if it is not signed.
   */
  readonly signer?: string;
  /** Files that should be in the archive but are not. */
  readonly skipped: ReadonlyArray<{ readonly path: string; readonly reason: string }>;
  readonly warnings: readonly string[];
  /** False when something was skipped. */
  readonly complete: boolean;
  /** True when `transformRow` was in use, so that rows are not what the database held. Otherwise absent. */
  readonly redacted?: boolean;
}

const SHA256 = /^sha256:[0-9a-f]{64}$/;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const ENCODINGS: Readonly<Record<ColumnEncoding, true>> = {
  integer: true,
  boolean: true,
  text: true,
  hex: true,
  base64: true,
  index: true,
  real: true,
  numeric: true,
};

/**
 * Reads a `manifest.json`. Fields that this version does not know are dropped.
 * @throws BackupError `ARCHIVE_INVALID`, naming the field
 */
export function parseManifest(text: string): BackupManifest {
  const manifest = JsonFields.of(parsePlainJson(text, 'manifest.json'), 'manifest');
  const format = manifest.text('format');
  if (format !== ARCHIVE_FORMAT) {
    const problem = `its format is ${displayName(format)}, but this version reads ${ARCHIVE_FORMAT}`;
    throw archiveInvalid(problem, undefined, 'Use the version of nestjs-backup that wrote it.');
  }
  const database = manifest.fieldsOf('database');
  const tables = manifest.objects('tables', readTable);
  if (!areDistinct(tables)) throw manifest.wrong('tables', 'a list that names each table once');
  const files = readFiles(manifest.fieldsOf('files'));
  if (manifest.has('signer')) refuseUnproven(manifest, files);
  const skipped = manifest.objects('skipped', (one) => ({ path: one.text('path'), reason: one.text('reason') }));
  const complete = manifest.boolean('complete');
  if (complete !== (skipped.length === 0)) throw manifest.wrong('complete', 'consistent with manifest.skipped');
  return {
    format,
    id: manifest.text('id'),
    createdAt: manifest.time('createdAt'),
    finishedAt: manifest.time('finishedAt'),
    appVersion: manifest.text('appVersion'),
    database: { type: database.text('type'), version: database.text('version') },
    tables,
    sequences: manifest.objects('sequences', readSequence),
    files,
    skipped,
    warnings: manifest.texts('warnings'),
    complete,
    ...(manifest.has('entries') && { entries: manifest.matching('entries', SHA256, 'a SHA-256') }),
    ...(manifest.has('digests') && { digests: readDigests(manifest.fieldsOf('digests')) }),
    ...(manifest.has('signer') && { signer: manifest.matching('signer', FINGERPRINT, 'the fingerprint of a key') }),
    ...(manifest.has('redacted') && { redacted: manifest.boolean('redacted') }),
  };
}

function readTable(fields: JsonFields): ManifestTable {
  const [name, schema, table] = [fields.text('name'), fields.textOrNull('schema'), fields.text('table')];
  if (name !== modelName({ schema, name: table })) throw fields.wrong('name', 'the name of its schema and table');
  const columns = fields.objects('columns', (column) => {
    const encoding = column.text('encoding');
    if (!Object.hasOwn(ENCODINGS, encoding)) throw column.wrong('encoding', 'an encoding of this format');
    return { name: column.text('name'), type: column.text('type'), encoding: encoding as ColumnEncoding };
  });
  if (!areDistinct(columns)) throw fields.wrong('columns', 'a list that names each column once');
  const primaryKey = fields.texts('primaryKey');
  const known = new Set(columns.map((column) => column.name));
  if (new Set(primaryKey).size < primaryKey.length || !primaryKey.every((column) => known.has(column))) {
    throw fields.wrong('primaryKey', 'a list of its columns');
  }
  const [rows, excluded] = [fields.count('rows'), fields.boolean('excluded')];
  if (excluded && rows > 0) throw fields.wrong('rows', 'zero, although its rows were left out');
  const digest = fields.matching('digest', SHA256, 'a SHA-256');
  const read = { name, schema, table, entities: fields.texts('entities'), columns, primaryKey, rows, digest, excluded };
  return fields.has('constraints') ? { ...read, constraints: fields.texts('constraints') } : read;
}

function readSequence(fields: JsonFields): SequenceState {
  const state = {
    name: fields.text('name'),
    value: fields.matching('value', /^-?\d{1,40}$/, 'a whole number as text'),
  };
  return fields.has('called') ? { ...state, called: fields.boolean('called') } : state;
}

function readFiles(fields: JsonFields): BackupManifest['files'] {
  // Without a prototype, so that it has no names that were not given.
  const files: Record<string, ManifestFiles> = Object.create(null);
  for (const name of fields.names) {
    if (unsafeName(name) !== undefined || name.includes('/') || isReservedName(name)) {
      throw fields.wrong(name, 'a name of a data directory');
    }
    const directory = fields.fieldsOf(name);
    files[name] = {
      count: directory.count('count'),
      bytes: directory.count('bytes'),
      ...(directory.has('digest') && { digest: directory.matching('digest', SHA256, 'a SHA-256') }),
    };
  }
  return files;
}

function readDigests(fields: JsonFields): Required<BackupManifest>['digests'] {
  const [version, migrations] = [VERSION_ENTRY, MIGRATIONS_ENTRY].map((name) =>
    fields.matching(name, SHA256, 'a SHA-256'),
  );
  return { [VERSION_ENTRY]: version!, [MIGRATIONS_ENTRY]: migrations! };
}

/** Who signs a manifest signs what it proves: in a signed archive that is everything. */
function refuseUnproven(manifest: JsonFields, files: BackupManifest['files']): void {
  const lacking = ['entries', 'digests'].find((name) => !manifest.has(name));
  if (lacking !== undefined) throw manifest.wrong(lacking, 'there, although it is signed');
  const unproven = Object.keys(files).find((name) => files[name]!.digest === undefined);
  if (unproven !== undefined) throw manifest.wrong(`files.${unproven}.digest`, 'there, although it is signed');
}

function areDistinct(items: ReadonlyArray<{ readonly name: string }>): boolean {
  return new Set(items.map(({ name }) => name)).size === items.length;
}

/**
 * Reads a `migrations.json`.
 * @throws BackupError `ARCHIVE_INVALID`, naming the field
 */
export function parseMigrations(text: string): MigrationsRecord {
  const record = JsonFields.of(parsePlainJson(text, 'migrations.json'), 'migrations');
  const known = (fields: JsonFields) => ({ timestamp: fields.count('timestamp'), name: fields.text('name') });
  return {
    applied: record.objects('applied', (fields) => ({ id: fields.count('id'), ...known(fields) })),
    known: record.objects('known', known),
  };
}
