import { restoreFailed } from '../../../../errors/restore-errors.js';
import { modelName } from '../../../table-location.js';
import type { PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { textLiteral } from '../text-literal.js';
import { countRows } from './load-rows.js';

interface EventTrigger {
  readonly name: string;
  readonly label: string;
  readonly state: 'O' | 'A';
  /** This role may disable it. */
  readonly owned: boolean;
}

/** The commands that a restore runs. */
const TAGS = [
  'CREATE TABLE',
  'ALTER TABLE',
  'CREATE INDEX',
  'DROP INDEX',
  'ALTER DOMAIN',
  'ALTER SEQUENCE',
  'REFRESH MATERIALIZED VIEW',
  'COMMENT',
];

/** Those that would fire for these commands. */
const EVENT_TRIGGERS = `
  SELECT quote_ident(evtname) AS name, evtname AS label, evtenabled AS state, pg_has_role(evtowner, 'USAGE') AS owned
  FROM pg_event_trigger WHERE evtenabled IN ('O', 'A') AND evtevent <> 'login'
    AND (evttags IS NULL OR evttags && ARRAY[${TAGS.map(textLiteral).join(', ')}]) ORDER BY evtname`;

const ENABLE: Record<EventTrigger['state'], string> = { O: 'ENABLE', A: 'ENABLE ALWAYS' };

/** Event triggers fire at every change of the schema: they may refuse it, or write rows about it. */
export class EventTriggersAside {
  private constructor(
    private readonly client: PgClient,
    private readonly found: readonly EventTrigger[],
  ) {}

  /** Finds them, and changes nothing yet. */
  static async find(client: PgClient): Promise<EventTriggersAside> {
    return new EventTriggersAside(client, (await client.query(EVENT_TRIGGERS)).rows as unknown as EventTrigger[]);
  }

  async disable(): Promise<void> {
    for (const { name } of this.owned) await this.client.query(`ALTER EVENT TRIGGER ${name} DISABLE`);
  }

  /** Names of those that this role cannot disable. */
  get active(): readonly string[] {
    return this.found.filter(({ owned }) => !owned).map(({ label }) => label);
  }

  async putBack(): Promise<void> {
    for (const { name, state } of this.owned) {
      await this.client.query(`ALTER EVENT TRIGGER ${name} ${ENABLE[state]}`);
    }
  }

  /**
   * One that fired since the tables were emptied may have written into them.
   * @param loaded how many rows were loaded into each table
   * @throws BackupError `RESTORE_FAILED`
   */
  async refuseWritten(loaded: ReadonlyMap<PgTable, number>): Promise<void> {
    if (this.active.length === 0) return;
    for (const [table, rows] of loaded) this.refuseOthers(table, (await countRows(this.client, table)) - rows);
  }

  /**
   * @param others how many more rows the table holds than were loaded into it
   * @throws BackupError `RESTORE_FAILED` when there are any, and event triggers may have written them
   */
  refuseOthers(table: PgTable, others: number): void {
    if (others === 0 || this.active.length === 0) return;
    const names = this.active.map((name) => `"${name}"`).join(', ');
    throw restoreFailed(
      `event triggers that this database role cannot disable (${names}) wrote into the table "${modelName(table)}"`,
    );
  }

  private get owned(): readonly EventTrigger[] {
    return this.found.filter(({ owned }) => owned);
  }
}
