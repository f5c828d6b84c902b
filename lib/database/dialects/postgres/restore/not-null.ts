import { locationKey, modelName } from '../../../table-location.js';
import type { KnownConstraints } from '../../constraint-texts.js';
import { quoteIdentifier } from '../../quote.js';
import type { LoadColumn } from '../../restore-dialect.js';
import { notNullText, type PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { textLiteral } from '../text-literal.js';

/** What makes a column NOT NULL: the column itself, a constraint (since version 18), or its domain. */
const NOT_NULL = `
  SELECT a.attnotnull AS "ofColumn", t.typtype = 'd' AND t.typnotnull AS "ofDomain", t.typname AS label,
    quote_ident(tn.nspname) || '.' || quote_ident(t.typname) AS domain, quote_ident(con.conname) AS name,
    pg_get_constraintdef(con.oid) AS definition, obj_description(con.oid, 'pg_constraint') AS comment,
    current_setting('server_version_num')::int >= 180000 AS "byConstraint"
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_constraint con ON con.conrelid = a.attrelid AND con.contype = 'n' AND con.conkey[1] = a.attnum
  WHERE a.attrelid = $1 AND a.attname = $2`;

/**
 * NOT NULLs that rows of the archive violate, as rows of its source did. A server before version 18 has no unvalidated
 * ones: there, and in domains, an equivalent check takes their place.
 */
export class NotNullAside {
  /** Constraints of the archive's source; without them none is suspended. */
  known: KnownConstraints | undefined;
  private readonly back: string[] = [];

  constructor(
    private readonly client: PgClient,
    private readonly warn: (sentence: string) => void,
  ) {}

  watch(table: PgTable, columns: readonly LoadColumn[]): NullWatch {
    return new NullWatch(table, columns, this.known);
  }

  async take(table: PgTable, column: string): Promise<void> {
    const { client, back } = this;
    const [found] = (await client.query(NOT_NULL, [table.oid, column])).rows as Array<Record<string, unknown>>;
    const { name, definition, comment, domain } = found as Record<string, string>;
    const sqlColumn = quoteIdentifier(column);
    if (found!.ofColumn === true && found!.byConstraint === true && !definition) {
      // Set by hand, without the constraint, which would be the only way to drop it.
      await client.query(`ALTER TABLE ${table.sqlName} ADD NOT NULL ${sqlColumn} NOT VALID`);
      return this.take(table, column);
    }
    if (found!.ofColumn === true && definition) {
      await client.query(`ALTER TABLE ${table.sqlName} DROP CONSTRAINT ${name}`);
      back.push(
        `ALTER TABLE ${table.sqlName} ADD CONSTRAINT ${name} ${definition.replace(/ NOT VALID$/, '')} NOT VALID`,
      );
      if (comment) back.push(`COMMENT ON CONSTRAINT ${name} ON ${table.sqlName} IS ${textLiteral(comment)}`);
    } else if (found!.ofColumn === true) {
      const [only, end] = table.partitioned ? ['', ''] : ['ONLY ', ' NO INHERIT'];
      await client.query(`ALTER TABLE ${only}${table.sqlName} ALTER COLUMN ${sqlColumn} DROP NOT NULL`);
      back.push(`ALTER TABLE ${only}${table.sqlName} ADD CHECK (${sqlColumn} IS NOT NULL)${end} NOT VALID`);
    }
    if (found!.ofDomain === true) {
      await client.query(`ALTER DOMAIN ${domain} DROP NOT NULL`);
      back.push(`ALTER DOMAIN ${domain} ADD CHECK (VALUE IS NOT NULL) NOT VALID`);
    }
    this.warn(
      `Column "${column}" of table "${modelName(table)}" is NOT NULL and holds NULL, as it did before: what refuses NULL from now on is a constraint that is NOT VALID.`,
    );
  }

  async putBack(): Promise<void> {
    for (const statement of this.back.splice(0)) await this.client.query(statement);
  }
}

/** Watches for NULLs of the archive that the target would refuse, although its source had the same NOT NULL. */
export class NullWatch {
  /** For each loaded column, whether it is watched. */
  readonly watched: boolean[];
  private readonly found = new Set<number>();

  constructor(table: PgTable, columns: readonly LoadColumn[], known: KnownConstraints | undefined) {
    const [here, there] = [table.constraints ?? [], known?.get(locationKey(table)) ?? []];
    this.watched = columns.map(({ target }) => {
      const text = notNullText(target.name);
      return here.includes(text) && there.includes(text);
    });
  }

  /** @param index of a watched column */
  see(index: number): void {
    this.found.add(index);
  }

  get hasFound(): boolean {
    return this.found.size > 0;
  }

  /** The columns found since the last call; they are no longer watched. */
  take(): number[] {
    const indexes = [...this.found];
    this.found.clear();
    for (const index of indexes) this.watched[index] = false;
    return indexes;
  }
}
