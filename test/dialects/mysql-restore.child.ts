import 'reflect-metadata';
import { text } from 'node:stream/consumers';
import { mysqlRestore } from '../../lib/database/dialects/mysql/restore/index.js';
import { connect, find, loadAll } from './mysql-restore.harness.js';

/** A process that restores what it is told on standard input, and says when it begins. */
Object.assign(globalThis, { expect: () => ({ toBe: () => {} }) });
const { url, saved, id } = JSON.parse(await text(process.stdin));
const dataSource = await connect({ options: { type: 'mariadb', url } });
const session = await mysqlRestore(dataSource).openRestore();
process.stdout.write('begins\n');
await session.begin(
  id,
  saved.tables.map(({ name }: { name: string }) => find(session, name)),
);
await loadAll(session, saved);
await session.complete(saved.sequences);
await session.commit();
await session.close();
await dataSource.destroy();
