import type { DataSource } from 'typeorm';
import { migrationsTableName } from '../../../migrations/record.js';
import { quoteIdentifier } from '../../quote.js';
import { RESTORE_TABLE, type SchemaRecord } from '../../restore-dialect.js';
import { Names } from '../names.js';
import { Session } from '../session.js';

/** An object of the schema: its kind as DROP calls it, database, name. */
type Made = readonly [kind: string, database: string, name: string];

/** Dependent ones first, which is the order in which they are dropped. */
const KINDS = ['TRIGGER', 'EVENT', 'VIEW', 'TABLE', 'SEQUENCE', 'PROCEDURE', 'FUNCTION'];
const OBJECTS = `SELECT CASE table_type WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END,
    table_schema, table_name FROM information_schema.tables WHERE table_schema IN (?)
  UNION ALL SELECT 'TRIGGER', trigger_schema, trigger_name FROM information_schema.triggers WHERE trigger_schema IN (?)
  UNION ALL SELECT 'EVENT', event_schema, event_name FROM information_schema.events WHERE event_schema IN (?)
  UNION ALL SELECT routine_type, routine_schema, routine_name FROM information_schema.routines
    WHERE routine_schema IN (?) AND routine_type IN ('PROCEDURE', 'FUNCTION')`;
/** Statements that make nothing; a procedure may. */
const ROWS_ONLY = /^\s*\(*\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|SET|SHOW|START|BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b/i;

/**
 * What statements have made, so that exactly that can be removed. An object counts as made by one of them when it was not
 * there before it, is there after it, and is named by what was run so far: others make objects at the same time.
 */
export class MysqlSchemaRecord implements SchemaRecord {
  private readonly made = new Map<string, Made>();
  private said = '';
  private before: ReadonlyMap<string, Made> = new Map();
  private names!: Names;
  private opened: Session | undefined;

  constructor(private readonly dataSource: DataSource) {}

  async begin(): Promise<this> {
    this.names = await Names.read(await this.session(), this.dataSource);
    this.before = await this.readObjects();
    return this;
  }

  async around<Result>(sql: string, run: () => Promise<Result>): Promise<Result> {
    this.said += `\n${sql.toLowerCase()}`;
    if (ROWS_ONLY.test(sql)) return run();
    const before = await this.readObjects();
    try {
      return await run();
    } finally {
      // One that fails half-way may have made something, too.
      for (const [key, object] of await this.readObjects()) {
        if (!before.has(key) && this.said.includes(object[2].toLowerCase())) this.made.set(key, object);
      }
    }
  }

  async undo(migrations: readonly string[]): Promise<void> {
    try {
      await this.run('SET SESSION foreign_key_checks = 0');
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

  /** The table of marks, if it was made since and holds none. */
  private async ownMarks(): Promise<Made[]> {
    const marks: Made = ['TABLE', this.names.database, RESTORE_TABLE];
    if (this.before.has(keyOf(marks)) || !(await this.readObjects()).has(keyOf(marks))) return [];
    const rows = await this.query(`SELECT 1 FROM ${sqlName(marks)} LIMIT 1`);
    return rows.length === 0 ? [marks] : [];
  }

  /** Of a history that was there before, and stays. */
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
    await (await this.session()).query(sql, values);
  }

  private async query(sql: string, values?: readonly unknown[]): Promise<Array<Array<string | null>>> {
    return (await this.session()).texts(sql, values);
  }

  /** Of its own: the host's pool may have a single connection, which the statements are run on. */
  private async session(): Promise<Session> {
    this.opened ??= await Session.open(this.dataSource);
    return this.opened;
  }
}

const keyOf = (object: Made) => JSON.stringify(object);
const sqlName = ([, database, name]: Made) => `${quoteIdentifier(database, '`')}.${quoteIdentifier(name, '`')}`;
