import { servingRows } from './host-serves.mjs';
import { largeFileRows, sinkRows } from './large-file.mjs';
import { memoryRows } from './memory.mjs';
import { mariadbRows, mysqlRows } from './mysql.mjs';
import { nodeRows } from './nodes.mjs';
import { pgbenchRows } from './pgbench.mjs';
import { postgresRows } from './postgres.mjs';
import { recipientRows } from './recipients.mjs';
import { sizeRows } from './size.mjs';
import { smallFileRows } from './small-files.mjs';
import { sqliteRows } from './sqlite.mjs';
import { zstdRows } from './zstd.mjs';

/** Rows of the table by subject, in its order: what measures them, and the server without which they are skipped. */
export const GROUPS = {
  postgres: { make: postgresRows, server: 'postgres' },
  pgbench: { make: pgbenchRows, server: 'postgres' },
  zstd: { make: zstdRows, server: 'postgres' },
  recipients: { make: recipientRows, server: 'postgres' },
  mariadb: { make: mariadbRows, server: 'mariadb' },
  mysql: { make: mysqlRows, server: 'mysql' },
  sqlite: { make: sqliteRows },
  files: { make: smallFileRows },
  'large-file': { make: largeFileRows },
  sink: { make: sinkRows },
  size: { make: sizeRows },
  serving: { make: servingRows, server: 'postgres' },
  memory: { make: memoryRows, server: 'postgres' },
  /** Measures all Nodes at once. */
  nodes: { make: nodeRows, server: 'postgres', together: true },
};
