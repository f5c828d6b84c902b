import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  type ArchivedRow,
  BackupService,
  RestoreService,
  type RetentionPolicy,
  type TransformRow,
} from 'nestjs-backup';
import { decide } from '../../lib/store/retention/decide.js';
import { readBackup } from '../fixtures/backup.js';
import { describeEngine, type Engine, sampledEngines } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { Pair } from '../fixtures/pair.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { fillZoo, zooEntities } from '../fixtures/zoo.entities.js';

describe.each(sampledEngines())('Rows', (each) => {
  describeEngine('redacted', each, redacted);
  describeEngine('that the host returns as they are', each, unchanged);
});

function redacted(engine: Engine): void {
  let host: StoringHost;
  afterEach(() => host.close());
  const start = async (transformRow: TransformRow) => {
    host = await StoringHost.start(engine, { vault: new MemoryDestination({}) }, { transformRow });
  };
  const redact: TransformRow = (_table, row) => (row['text'] === 'two' ? null : { ...row, text: '—' });
  const restore = (options: object) =>
    host.app.get(RestoreService).restore({ destination: 'vault', id: 'latest' }, options);
  const notes = async () => (await host.query('SELECT text FROM note ORDER BY id')).map(({ text }) => text);

  it('holds what the host returned, digested and counted as written, and says so', async () => {
    const seen: Array<[string, ArchivedRow]> = [];
    await start((table, row) => {
      seen.push([table, { ...row }]);
      return redact(table, row);
    });
    const archive = await buffer((await host.app.get(BackupService).create()).stream);
    expect(seen.map(([table, { text }]) => [table, text])).toEqual([
      ['note', 'one'],
      ['note', 'two'],
      ['note', 'three'],
    ]);
    expect(seen[0]![1]).toEqual({ id: 1, text: 'one' });
    const { lines, manifest } = await readBackup(archive);
    expect(lines.map(({ fields }) => fields['text'])).toEqual(['—', '—']);
    expect(manifest).toMatchObject({ redacted: true, tables: [{ name: 'note', rows: 2 }] });
    const verified = await host.app.get(RestoreService).verify(Readable.from([archive]));
    expect(verified.manifest.redacted).toBe(true);
  });

  it('replaces nothing unless told to twice, and fills what is empty', async () => {
    await start(redact);
    await host.store.store({ destinations: ['vault'] });
    expect((await host.store.list('vault'))[0]?.manifest?.redacted).toBe(true);
    await expect(restore({ replace: true })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('--replace --redacted'),
    });
    await expect(restore({ redacted: true })).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect(await notes()).toEqual(['one', 'two', 'three']);
    await restore({ replace: true, redacted: true });
    expect(await notes()).toEqual(['—', '—']);
    await host.query('DELETE FROM note');
    await restore({ skipFiles: true });
    expect(await notes()).toEqual(['—', '—']);
  });
}

describeEngine('A redacted backup', 'better-sqlite3', (engine) => {
  const vault = new MemoryDestination({});
  let host: StoringHost;
  afterEach(() => host.close());
  const start = async (transformRow?: TransformRow) => {
    host = await StoringHost.start(engine, { vault }, { transformRow });
  };

  it.each<[string, (row: ArchivedRow) => unknown, RegExp]>([
    ['lacks a column', ({ id }) => ({ id }), /"note": it must return, synchronously, null or a row of all 2 columns/],
    ['is a promise', async (row) => row, /"note": it must return, synchronously/],
    [
      'has a value of another kind',
      (row) => ({ ...row, text: 5 }),
      /column "text" has no value of the encoding "text"/,
    ],
    ['has null where none may be', (row) => ({ ...row, text: null }), /column "text" cannot be null/],
    ['is none, for it threw', (row) => JSON.parse(String(row['text'])), /"note": it threw a SyntaxError/],
  ])('is not made with a row that %s', async (_what, change, message) => {
    await start((_table, row) => change(row) as ArchivedRow);
    const error: unknown = await host.store.store({ destinations: ['vault'] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'HOOK_FAILED', message: expect.stringMatching(message) });
    expect(error).not.toHaveProperty('cause');
    expect(host.logs()).not.toContain('"one"');
    expect(await host.store.list('vault')).toEqual([]);
    await host.unlocked();
  });

  it('never stands in for an original: not as the latest, nor when a destination is pruned', async () => {
    const days = ['2026-11-21', '2026-11-22', '2026-11-23'].map((day) => new Date(`${day}T03:00:00Z`));
    const kept = (redacted: boolean[], policy: RetentionPolicy) =>
      decide(
        days.map((createdAt, index) => {
          const manifest = redacted[index] ? { redacted: true } : {};
          return { id: String(index), createdAt, result: 'success' as const, bytes: 10, lockedUntil: null, manifest };
        }),
        policy,
        new Date('2026-11-24'),
      ).flatMap(({ keep, backup }) => (keep ? [Number(backup.id)] : []));
    expect(kept([false, true, true], { maxBytes: 1 })).toEqual([0]);
    expect(kept([false, true, true], { monthly: 1 })).toEqual([0]);
    expect(kept([false, true, true], { last: 1 })).toEqual([0, 2]);
    expect(kept([true, true, true], { maxBytes: 1 })).toEqual([2]);

    await start();
    const { id } = await host.store.store({ destinations: ['vault'] });
    await host.close();
    await start((_table, row) => row);
    const redacted = await host.store.store({ destinations: ['vault'] });
    const restores = host.app.get(RestoreService);
    expect((await restores.inspect({ destination: 'vault', id: 'latest' })).id).toBe(id);
    expect((await restores.inspect({ destination: 'vault', id: redacted.id })).redacted).toBe(true);
  });
});

function unchanged(engine: Engine): void {
  it('are written byte for byte as without it', async () => {
    const pair = await Pair.open(engine, {
      dataSource: { entities: zooEntities, synchronize: true },
      module: (which) => (which === 'target' ? { transformRow: (_table: string, row: ArchivedRow) => row } : {}),
    });
    try {
      await fillZoo(pair.from.dataSource);
      await pair.carry();
      const [plain, changed] = [await pair.from.backUp(), await pair.to.backUp()];
      expect(plain.lines.length).toBeGreaterThan(15);
      expect(changed.text['backup.jsonl']).toBe(plain.text['backup.jsonl']);
      expect(changed.manifest.tables).toEqual(plain.manifest.tables);
    } finally {
      await pair.close();
    }
  });
}
