import 'reflect-metadata';
import { setTimeout } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { DataSource } from 'typeorm';
import type { LineValue } from '../../lib/database/dialects/restore-dialect.js';
import { sqliteRestore } from '../../lib/database/dialects/sqlite/restore/index.js';
import { columnsOf, find } from './sqlite-restore.harness.js';

/** A process that restores table `bulk` without an end, and says when it has written much of it. */
const { options, id, tables } = JSON.parse(await text(process.stdin));
const dataSource = await new DataSource(options).initialize();
const session = await sqliteRestore(dataSource).openRestore();
await session.begin(
  id,
  tables.map((name: string) => find(session, name)),
);
const bulk = find(session, 'bulk');
async function* endless(): AsyncGenerator<LineValue[][]> {
  for (let at = 0; ; at += 1_000) {
    yield Array.from({ length: 1_000 }, (_, index) => [at + index, 'x'.repeat(200)]);
    if (at === 200_000) {
      process.stdout.write('half\n');
      await setTimeout(60_000);
    }
  }
}
await session.load(bulk, columnsOf(bulk), endless());
