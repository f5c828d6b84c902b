import { finished } from 'node:stream/promises';
import { BackupLog, BackupService, MetricsService, RestoreService } from 'nestjs-backup';
import { noteEntities } from '../fixtures/cli.js';
import { engine } from '../fixtures/databases.js';
import { plant } from '../fixtures/files.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { until } from '../fixtures/wait.js';

const sqlite = engine('better-sqlite3');
type Options = Parameters<typeof StoringHost.start>[2];

describe('The figures', () => {
  let host: StoringHost;
  let places: Record<string, MemoryDestination>;
  beforeEach(() => {
    places = { vault: new MemoryDestination({}), full: new MemoryDestination({ archiveAfter: 10 }) };
  });
  afterEach(() => host.close());

  const start = async (options: Options = {}, dataSource = {}) => {
    host = await StoringHost.start(sqlite, places, { metrics: true, ...options }, dataSource);
  };
  /** Every sample by its name and labels, without the prefix. */
  const figures = async () => {
    const text = await host.app.get(MetricsService, { strict: false }).text();
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(
      samples.map((line) => {
        const [, name, value] = /^nestjs_backup_(\S+) (\S+)$/.exec(line)!;
        return [name!, Number(value)] as const;
      }),
    );
  };
  const runs = async () => {
    const counted = Object.entries(await figures()).filter(
      ([name, value]) => name.startsWith('runs_total') && value > 0,
    );
    return Object.fromEntries(
      counted.map(([name, value]) => [name.replace(/runs_total|["{}]|kind=|result=/g, ''), value]),
    );
  };

  it('are none but counts of zero and readable destinations before there was anything', async () => {
    await start();
    const all = await figures();
    expect(Object.keys(all).filter((name) => !name.startsWith('runs_total'))).toEqual([
      'destination_readable{destination="vault"}',
      'destination_readable{destination="full"}',
    ]);
    expect(await runs()).toEqual({});
  });

  it('are those of the newest backup, as it was and as it is stored', async () => {
    await start();
    const { manifest, destinations } = await host.store.store({ destinations: ['vault'] });
    const event = host.events().find((one) => one.event === 'backup.finished')!;
    const time = Date.parse(String(event.at)) / 1000;
    const of = (name: string) => `destination_last_success_${name}{destination="vault"}`;
    expect(await figures()).toMatchObject({
      last_success_timestamp_seconds: time,
      last_success_duration_seconds: event.milliseconds / 1000,
      last_success_rows: 3,
      last_success_files: 1,
      last_success_bytes: event.bytes,
      [of('timestamp_seconds')]: Date.parse(manifest.finishedAt) / 1000,
      [of('duration_seconds')]: (Date.parse(manifest.finishedAt) - Date.parse(manifest.createdAt)) / 1000,
      [of('rows')]: 3,
      [of('bytes')]: destinations[0]!.bytes,
      'destination_readable{destination="vault"}': 1,
    });
    expect(await figures()).not.toHaveProperty(['destination_last_success_rows{destination="full"}']);
  });

  it('know at once what this process stored, although destinations are looked at rarely', async () => {
    await start();
    await figures();
    await host.store.store({ destinations: ['vault'] });
    expect(await figures()).toHaveProperty(['destination_last_success_rows{destination="vault"}'], 3);
  });

  it('count every end by its result', async () => {
    await start();
    const vault = { destination: 'vault', id: 'latest' };
    await host.store.store({ destinations: ['vault'] });
    await host.store.store({ destinations: ['vault', 'full'] });
    plant(host.files, { 'a\\b.txt': 'x' });
    await host.store.store({ destinations: ['vault'] });
    await finished((await host.app.get(BackupService).create()).stream.destroy()).catch(() => {});
    await host.unlocked();
    const restores = host.app.get(RestoreService);
    await restores.verify(vault);
    await restores.restore(vault, { replace: true, dryRun: true });
    await restores.restore(vault, { replace: true });
    await expect(restores.restore(vault)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    const verified = host.events().find((one) => one.event === 'verify.finished')!;
    expect(await runs()).toEqual({
      'backup,success': 1,
      'backup,incomplete': 1,
      'backup,failed': 2,
      'verify,incomplete': 1,
      'restore,incomplete': 1,
      'restore,refused': 1,
    });
    expect(verified).toMatchObject({ result: 'incomplete' });
    expect(await figures()).not.toHaveProperty('last_restore_test_timestamp_seconds');
  });

  it('outlive the process, by what the destinations hold', async () => {
    await start();
    const { manifest } = await host.store.store({ destinations: ['vault'] });
    await host.close();
    await start();
    expect(await figures()).toMatchObject({
      last_success_timestamp_seconds: Date.parse(manifest.finishedAt) / 1000,
      last_success_rows: 3,
    });
    expect(await figures()).not.toHaveProperty('last_success_bytes');
  });

  it('outlive the process, by the history: downloads and verifications too', async () => {
    await start({ history: true }, { entities: [...noteEntities, BackupLog] });
    const common = { via: 'code', files: 2, bytes: 40, user: null };
    const at = (time: string) => `2026-11-0${time}:00.000Z`;
    const insert = (id: string, kind: string, state: string, finishedAt: string, error: string | null = null) =>
      host.query(
        `INSERT INTO nestjs_backup_log (id, kind, state, via, started, finished, "rows", files, bytes, error, restore_test) VALUES ` +
          `('${id}', '${kind}', '${state}', '${common.via}', '${at('1T10:00')}', '${at(finishedAt)}', 7, 2, 40, ${error === null ? 'NULL' : `'${error}'`}, ${id === '4' ? 1 : 0})`,
      );
    await insert('1', 'backup', 'success', '1T10:01');
    await insert('2', 'backup', 'failed', '1T10:02');
    await insert('3', 'backup', 'success', '1T10:03', 'REDACTED: its rows');
    await insert('4', 'verify', 'success', '1T10:04');
    await insert('5', 'verify', 'success', '1T10:05');
    expect(await figures()).toMatchObject({
      last_success_timestamp_seconds: Date.parse(at('1T10:01')) / 1000,
      last_success_duration_seconds: 60,
      last_success_rows: 7,
      last_success_files: 2,
      last_success_bytes: 40,
      last_restore_test_timestamp_seconds: Date.parse(at('1T10:04')) / 1000,
    });
  });

  it('tell of the last restore test, in whichever process it was', async () => {
    await start();
    await host.store.store({ destinations: ['vault'] });
    await host.app.get(RestoreService).verify({ destination: 'vault', id: 'latest' });
    expect(await figures()).not.toHaveProperty('last_restore_test_timestamp_seconds');
    await host.app.get(RestoreService).verify({ destination: 'vault', id: 'latest' }, { restore: true });
    const { at } = host.events().find((event) => 'restoreTest' in event)!;
    const figure = 'last_restore_test_timestamp_seconds';
    expect(await figures()).toHaveProperty(figure, Date.parse(String(at)) / 1000);
    await host.close();
    await start();
    const [stored] = await host.store.list('vault');
    expect(await figures()).toHaveProperty(figure, stored!.testedAt!.getTime() / 1000);
  });

  it('do not count redacted backups as good ones', async () => {
    const entities = [...noteEntities, BackupLog];
    await start({ history: true, transformRow: (_table, row) => row }, { entities });
    await host.store.store({ destinations: ['vault'] });
    expect(await runs()).toEqual({ 'backup,success': 1 });
    await until('the history has it', async () => {
      const [row] = await host.query('SELECT error FROM nestjs_backup_log');
      return String(row?.['error']).startsWith('REDACTED');
    });
    expect(await figures()).not.toHaveProperty('last_success_timestamp_seconds');
  });

  it('say which destination cannot be read, and have the rest', async () => {
    await start();
    await host.store.store({ destinations: ['vault'] });
    places['full']!.list = () => {
      throw new Error('gone');
    };
    expect(await figures()).toMatchObject({
      'destination_readable{destination="vault"}': 1,
      'destination_readable{destination="full"}': 0,
      last_success_rows: 3,
    });
  });
});
