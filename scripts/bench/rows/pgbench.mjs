import { pgbench } from '../data/pgbench.mjs';
import { databaseRows } from './database.mjs';
import { pgDump, pgRestore } from './postgres.mjs';

/** Backup and restore of narrow rows, millions of them. */
export function pgbenchRows(context) {
  const { urls, folder, sizes } = context;
  return databaseRows(context, {
    title: `pgbench -s ${sizes.pgbenchScale}`,
    server: pgbench(urls.postgres),
    size: sizes.pgbenchScale,
    options: { entities: false },
    peers({ url }) {
      const at = { URL: url, DUMP: `${folder}/pgbench.dump` };
      return { backup: [pgDump(at, 1.5)], restore: [pgRestore(at, 0.9)] };
    },
  });
}
