import type { DataSource } from 'typeorm';
import { migrationRefused } from '../../../../errors/migration-errors.js';
import { restoreRefused } from '../../../../errors/restore-errors.js';
import { migrationsTableName } from '../../../migrations/record.js';
import type { TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import { RESTORE_TABLE, type SchemaRecord } from '../../restore-dialect.js';
import { MysqlConnection } from '../connection.js';
import { DENIED, errorNumber } from '../errors.js';
import { Names } from '../names.js';
import { changedNames } from './changed-names.js';

/** An object of the schema: its kind as in DROP, database, name. */
type Made = readonly [kind: string, database: string, name: string];

/** Dependent ones first: the order in which they are dropped. */
const KINDS = ['TRIGGER', 'EVENT', 'VIEW', 'TABLE', 'SEQUENCE', 'PROCEDURE', 'FUNCTION'];
const OBJECTS = `SELECT CASE table_type WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END,
    table_schema, table_name FROM information_schema.tables WHERE table_schema IN (?)
  UNION ALL SELECT 'TRIGGER', trigger_schema, trigger_name FROM information_schema.triggers WHERE trigger_schema IN (?)
  UNION ALL SELECT 'EVENT', event_schema, event_name FROM information_schema.events WHERE event_schema IN (?)
  UNION ALL SELECT routine_type, routine_schema, routine_name FROM information_schema.routines
    WHERE routine_schema IN (?) AND routine_type IN ('PROCEDURE', 'FUNCTION')`;
/** Statements that create nothing; a procedure may. */
const ROWS_ONLY = /^\s*\(*\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|SET|SHOW|START|BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b/i;

/** Statements that never insert rows by themselves. */
const NO_NEW_ROWS = /^\s*\(*\s*(?:SELECT|UPDATE|DELETE|SET|SHOW|START|BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b/i;
/** What inserts rows, if it occurs in other statements, such as the body of a routine. */
const NEW_ROWS = /\b(?:INSERT|REPLACE|LOAD|CALL|SELECT)\b/i;

/**
 * What statements have created, so that exactly that can be removed. An object counts as created by one of them if it
 * did not exist before, exists afterwards, and is named by what was run so far: others may create objects at the same
 * time. What existed before is not changed, since that could not be undone.
 */
export class MysqlSchemaRecord implements SchemaRecord {
  private readonly made = new Map<string, Made>();
  private said = '';
  /** Those of them that may have inserted rows. */
  private written = '';
  /** Rows of tables when everything was created, as summed up by the server. */
  private sums: ReadonlyMap<string, string> = new Map();
  private before: ReadonlyMap<string, Made> = new Map();
  private names!: Names;
  private opened: MysqlConnection | undefined;

  constructor(private readonly dataSource: DataSource) {}

  async begin(): Promise<this> {
    this.names = await Names.read(await this.connection(), this.dataSource);
    this.before = await this.readObjects();
    return this;
  }

  async around<Result>(sql: string, run: () => Promise<Result>): Promise<Result> {
    this.said += `\n${sql.toLowerCase()}`;
    if (!NO_NEW_ROWS.test(sql) && NEW_ROWS.test(sql)) this.written += `\n${sql.toLowerCase()}`;
    if (ROWS_ONLY.test(sql)) return run();
    this.refuseChange(sql);
    const before = await this.readObjects();
    try {
      return await run();
    } finally {
      // A statement that fails half-way may have created something, too.
      for (const [key, object] of await this.readObjects()) {
        if (!before.has(key) && this.said.includes(object[2].toLowerCase())) this.made.set(key, object);
      }
    }
  }

  mayHaveWritten({ name }: Pick<TableLocation, 'name'>): boolean {
    return this.written.includes(name.toLowerCase());
  }

  async seal(): Promise<void> {
    this.sums = await this.sumUp(await this.tablesThere());
  }

  async undo(migrations: readonly string[], committed: boolean): Promise<void> {
    try {
      await this.run('SET SESSION foreign_key_checks = 0');
      const tables = await this.lockTables();
      if (!committed) await this.refuseOthersRows(tables);
      // One by one: when several tables are locked, MySQL does not find those that refer to an earlier one.
      for (const table of tables) await this.run(`DROP TABLE IF EXISTS ${sqlName(table)}`);
      await this.run('UNLOCK TABLES');
      const objects = [...this.made.values(), ...(await this.ownMarks())];
      for (const kind of KINDS) {
        for (const object of objects) {
          if (object[0] === kind) await this.run(`DROP ${kind} IF EXISTS ${sqlName(object)}`);
        }
      }
      await this.forgetMigrations(migrations);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.opened?.close();
    this.opened = undefined;
  }

  /** @throws BackupError `RESTORE_REFUSED` when a statement would change or drop what existed before */
  private refuseChange(sql: string): void {
    const changed = new Set(changedNames(sql));
    for (const [kind, , name] of this.before.values()) {
      if (!changed.has(name.toLowerCase())) continue;
      throw migrationRefused(
        `a migration would change or drop the ${kind.toLowerCase()} "${name}", which already exists, and this database commits every schema change immediately, so it could not be undone`,
      );
    }
  }

  private async tablesThere(): Promise<Made[]> {
    const there = await this.readObjects();
    return [...this.made].filter(([key, [kind]]) => kind === 'TABLE' && there.has(key)).map(([, table]) => table);
  }

  /** Others may be about to commit rows. Without the privilege, only committed rows are seen. */
  private async lockTables(): Promise<Made[]> {
    const tables = await this.tablesThere();
    if (tables.length === 0) return [];
    const locks = tables.map((table) => `${sqlName(table)} WRITE`);
    await this.run(`LOCK TABLES ${locks.join(', ')}`).catch((error: unknown) => {
      if (!DENIED.has(errorNumber(error))) throw error;
    });
    return tables;
  }

  /** @throws BackupError `RESTORE_REFUSED` when a table contains more than what was inserted here */
  private async refuseOthersRows(tables: readonly Made[]): Promise<void> {
    const sums = await this.sumUp(tables);
    for (const table of tables) {
      const [sum, before] = [sums.get(keyOf(table)), this.sums.get(keyOf(table))];
      const isOurs = this.mayHaveWritten({ name: table[2] }) && (before === undefined || before === sum);
      if (isOurs || sum!.startsWith('0 ')) continue;
      throw restoreRefused(
        `somebody has written into the table "${table[2]}" in the meantime, so what the migrations created is kept`,
        'Look at its rows, then restore into an empty database.',
      );
    }
  }

  /** The number of rows of each table, and their checksum. */
  private async sumUp(tables: readonly Made[]): Promise<Map<string, string>> {
    const sums = new Map<string, string>();
    for (const table of tables) {
      const [[count] = []] = await this.query(`SELECT COUNT(*) FROM ${sqlName(table)}`);
      const [[, sum] = []] = await this.query(`CHECKSUM TABLE ${sqlName(table)}`);
      sums.set(keyOf(table), `${count} ${sum}`);
    }
    return sums;
  }

  /** The table of marks, if it was created since and contains none. */
  private async ownMarks(): Promise<Made[]> {
    const marks: Made = ['TABLE', this.names.database, RESTORE_TABLE];
    if (this.before.has(keyOf(marks)) || !(await this.readObjects()).has(keyOf(marks))) return [];
    const rows = await this.query(`SELECT 1 FROM ${sqlName(marks)} LIMIT 1`);
    return rows.length === 0 ? [marks] : [];
  }

  /** From a history that existed before, and stays. */
  private async forgetMigrations(migrations: readonly string[]): Promise<void> {
    const table: Made = ['TABLE', this.names.database, migrationsTableName(this.dataSource)];
    if (migrations.length === 0 || !this.before.has(keyOf(table))) return;
    await this.run(`DELETE FROM ${sqlName(table)} WHERE name IN (?)`, [migrations]);
  }

  private async readObjects(): Promise<Map<string, Made>> {
    const { databases } = this.names;
    const rows = await this.query(OBJECTS, [databases, databases, databases, databases]);
    const found = rows.filter(([, database]) => this.names.covers(database!)) as unknown as Made[];
    return new Map(found.map((object) => [keyOf(object), object]));
  }

  private async run(sql: string, values?: readonly unknown[]): Promise<void> {
    await (await this.connection()).query(sql, values);
  }

  private async query(sql: string, values?: readonly unknown[]): Promise<Array<Array<string | null>>> {
    return (await this.connection()).texts(sql, values);
  }

  /** A separate one: the application's pool may have a single connection, which runs the statements. */
  private async connection(): Promise<MysqlConnection> {
    this.opened ??= await MysqlConnection.open(this.dataSource);
    return this.opened;
  }
}

const keyOf = (object: Made) => JSON.stringify(object);
const sqlName = ([, database, name]: Made) => `${quoteIdentifier(database, '`')}.${quoteIdentifier(name, '`')}`;
