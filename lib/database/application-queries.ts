import type { DataSource } from 'typeorm';

/** Of reading a table that was there a moment ago. */
const MOST_TRIES = 3;

/**
 * Whether a table is found through the application's own connections. One may be where the catalog lists none: a view, or a
 * table that is found by the connection's search path.
 * @param paths as TypeORM has them, with dots between their parts
 */
export async function findsAnyTable(dataSource: DataSource, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    const escaped = path.split('.').map((part) => dataSource.driver.escape(part));
    const query = dataSource.query(`SELECT 1 FROM ${escaped.join('.')} WHERE 1 = 0`);
    const isFound = await query.then(
      () => true,
      () => false,
    );
    if (isFound) return true;
  }
  return false;
}

/**
 * A column of a table of the library or of TypeORM; empty if the table does not exist. Another process may be creating and
 * dropping it meanwhile.
 */
export async function valuesIn(dataSource: DataSource, table: string, column: string): Promise<string[]> {
  const { driver } = dataSource;
  const runner = dataSource.createQueryRunner();
  const read = async () => {
    const query = dataSource
      .createQueryBuilder(runner)
      .select(`own.${column}`, 'value')
      .from(driver.buildTableName(table, driver.schema), 'own');
    return (await query.getRawMany<{ value: string }>()).map(({ value }) => value);
  };
  try {
    for (let tries = 1; await runner.hasTable(table); tries++) {
      try {
        return await read();
      } catch (error) {
        if (tries === MOST_TRIES) throw error;
      }
    }
    return [];
  } finally {
    await runner.release();
  }
}
