import type { PgClient } from '../connection.js';
import { textLiteral } from './text-literal.js';

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

/** Those that would run at these commands. */
const EVENT_TRIGGERS = `
  SELECT quote_ident(evtname) AS name, evtname AS label, evtenabled AS state, pg_has_role(evtowner, 'USAGE') AS owned
  FROM pg_event_trigger WHERE evtenabled IN ('O', 'A') AND evtevent <> 'login'
    AND (evttags IS NULL OR evttags && ARRAY[${TAGS.map(textLiteral).join(', ')}]) ORDER BY evtname`;

const ENABLE: Record<EventTrigger['state'], string> = { O: 'ENABLE', A: 'ENABLE ALWAYS' };

/** Event triggers run at every change of the schema: they may refuse it, or write rows about it. */
export class EventTriggersAside {
  private constructor(
    private readonly client: PgClient,
    private readonly found: readonly EventTrigger[],
  ) {}

  static async take(client: PgClient): Promise<EventTriggersAside> {
    const found = (await client.query(EVENT_TRIGGERS)).rows as unknown as EventTrigger[];
    const aside = new EventTriggersAside(client, found);
    for (const { name } of aside.disabled) await client.query(`ALTER EVENT TRIGGER ${name} DISABLE`);
    return aside;
  }

  /** Names of those that this role cannot disable. */
  get active(): readonly string[] {
    return this.found.filter(({ owned }) => !owned).map(({ label }) => label);
  }

  async putBack(): Promise<void> {
    for (const { name, state } of this.disabled) {
      await this.client.query(`ALTER EVENT TRIGGER ${name} ${ENABLE[state]}`);
    }
  }

  private get disabled(): readonly EventTrigger[] {
    return this.found.filter(({ owned }) => owned);
  }
}
