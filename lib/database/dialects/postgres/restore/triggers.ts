import type { PgClient } from '../connection.js';

/** O: enabled, D: disabled, R: enabled for a replica's sessions, A: enabled for all. */
export type TriggerState = 'O' | 'D' | 'R' | 'A';

interface Trigger {
  readonly name: string;
  readonly table: string;
  readonly state: TriggerState;
}

/** User-created triggers, with their copies on partitions; not those of foreign keys and unique constraints. */
const TRIGGERS = `
  SELECT quote_ident(t.tgname) AS name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table",
    t.tgenabled AS state
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_constraint con ON con.oid = t.tgconstraint
  WHERE t.tgenabled <> 'D' AND t.tgrelid = ANY($1::oid[]) AND (con.oid IS NULL OR con.contype = 't')
  ORDER BY t.oid`;

export const ENABLE: Record<TriggerState, string> = {
  O: 'ENABLE TRIGGER',
  D: 'DISABLE TRIGGER',
  R: 'ENABLE REPLICA TRIGGER',
  A: 'ENABLE ALWAYS TRIGGER',
};

/** Triggers of tables and of each of their partitions, disabled and then each restored to its previous state. */
export class TriggersAside {
  private constructor(
    private readonly client: PgClient,
    private readonly triggers: readonly Trigger[],
  ) {}

  static async take(client: PgClient, oids: readonly number[]): Promise<TriggersAside> {
    const triggers = (await client.query(TRIGGERS, [oids])).rows as unknown as Trigger[];
    for (const trigger of triggers) await setState(client, trigger, 'D');
    return new TriggersAside(client, triggers);
  }

  async putBack(): Promise<void> {
    for (const trigger of this.triggers) await setState(this.client, trigger, trigger.state);
  }
}

/** ONLY: each partition has a state of its own. */
async function setState(client: PgClient, { table, name }: Trigger, state: TriggerState): Promise<void> {
  await client.query(`ALTER TABLE ONLY ${table} ${ENABLE[state]} ${name}`);
}
