import 'reflect-metadata';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import type { LineValue } from '../../../../lib/jsonl/format.js';
import { find } from '../../support/lines.js';
import { begin, columnsOf } from '../../support/saved.js';

/** A process that restores table `bulk` without an end, and says when it has written much of it. */
const { options, id } = JSON.parse(await text(process.stdin));
const dataSource = await new DataSource(options).initialize();
const session = await sqliteRestore(dataSource).openRestore();
await begin(session, id, ['bulk']);
async function* endless(): AsyncGenerator<LineValue[][]> {
  for (let at = 0; ; at += 1_000) {
    yield Array.from({ length: 1_000 }, (_, index) => [at + index, 'x'.repeat(200)]);
    if (at === 200_000) {
      process.stdout.write('half\n');
      await setTimeout(60_000);
    }
  }
}
const bulk = find(session, 'bulk');
await session.load(bulk, columnsOf(bulk), endless());
