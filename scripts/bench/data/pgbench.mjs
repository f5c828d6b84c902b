import { postgres } from './databases.mjs';

const TABLES = `
  CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
  CREATE TABLE pgbench_tellers (tid int NOT NULL PRIMARY KEY, bid int, tbalance int, filler char(84)) WITH (fillfactor = 100);
  CREATE TABLE pgbench_accounts (aid int NOT NULL PRIMARY KEY, bid int, abalance int, filler char(84)) WITH (fillfactor = 100);
  CREATE TABLE pgbench_branches (bid int NOT NULL PRIMARY KEY, bbalance int, filler char(88)) WITH (fillfactor = 100)`;

const rowsOf = (scale) => `
  INSERT INTO pgbench_branches (bid, bbalance) SELECT bid, 0 FROM generate_series(1, ${scale}) bid;
  INSERT INTO pgbench_tellers (tid, bid, tbalance) SELECT tid, (tid - 1) / 10 + 1, 0 FROM generate_series(1, ${scale} * 10) tid;
  INSERT INTO pgbench_accounts (aid, bid, abalance, filler)
    SELECT aid, (aid - 1) / 100000 + 1, 0, '' FROM generate_series(1, ${scale} * 100000) aid`;

/** Databases with what `pgbench -i -s SCALE` makes, narrow rows, without the need of that program. */
export function pgbench(serverUrl) {
  const server = postgres(serverUrl);
  const fill = (scale) => async (client) => {
    await client.query(TABLES);
    await client.query(rowsOf(scale));
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  };
  return {
    ...server,
    /** @param scale undefined for a database without tables */
    async create(scale) {
      const database = await server.create();
      if (scale !== undefined) await server.use(database, fill(scale));
      return database;
    },
  };
}
