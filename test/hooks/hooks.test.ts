import { finished } from 'node:stream/promises';
import {
  type AfterHookContext,
  type BackupHooks,
  BackupService,
  type BeforeHookContext,
  RestoreService,
} from 'nestjs-backup';
import { describeEngine, type Engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { until } from '../fixtures/wait.js';

const suite = (engine: Engine) => {
  let host: StoringHost;
  let called: string[];
  const seen: Array<BeforeHookContext | AfterHookContext> = [];
  const note = (name: string) => async (context: BeforeHookContext | AfterHookContext) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    called.push('result' in context ? `${name}: ${context.result}` : name);
    seen.push(context);
  };
  const all: BackupHooks = {
    beforeBackup: note('beforeBackup'),
    afterBackup: note('afterBackup'),
    beforeRestore: note('beforeRestore'),
    afterRestore: note('afterRestore'),
  };
  const start = async (hooks: BackupHooks, full = false) => {
    called = [];
    seen.length = 0;
    const places = { vault: new MemoryDestination({}), other: new MemoryDestination(full ? { archiveAfter: 10 } : {}) };
    host = await StoringHost.start(engine, places, { ...all, ...hooks });
  };
  afterEach(() => host.close());
  const restore = (options = {}) =>
    host.app.get(RestoreService).restore({ destination: 'vault', id: 'latest' }, { replace: true, ...options });
  const notes = async () => (await host.query('SELECT text FROM note ORDER BY id')).map(({ text }) => text);

  it('are awaited around a backup and a restore, and told of them', async () => {
    await start({});
    const { id } = await host.store.store({ destinations: ['vault'], aesKey: AES_KEY, initiator: { user: 'ops' } });
    expect(called).toEqual(['beforeBackup', 'afterBackup: success']);
    const common = { id, kind: 'backup', encrypted: true, initiator: { via: 'code', user: 'ops', address: null } };
    expect(seen[0]).toEqual({ ...common, signal: expect.any(AbortSignal) });
    expect(seen[1]).toEqual({ ...common, result: 'success', error: undefined });

    await restore({ aesKey: AES_KEY });
    expect(called.slice(2)).toEqual(['beforeRestore', 'afterRestore: success']);
    expect(seen[2]).toMatchObject({ kind: 'restore', encrypted: true });
  });

  it('save what beforeBackup writes', async () => {
    await start({ beforeBackup: () => host.query(`INSERT INTO note (text) VALUES ('from the hook')`) });
    await host.store.store({ destinations: ['vault'] });
    await host.query('DELETE FROM note');
    await restore();
    expect(await notes()).toEqual(['one', 'two', 'three', 'from the hook']);
  });

  it('end a backup before it has begun, without the host’s message', async () => {
    await start({ beforeBackup: () => Promise.reject(new Error('secret of the host')) });
    await expect(host.store.store({ destinations: ['vault'] })).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: expect.not.stringContaining('secret'),
      cause: expect.objectContaining({ message: 'secret of the host' }),
    });
    expect(await host.store.list('vault')).toEqual([]);
    expect(called).toEqual(['afterBackup: failed']);
    await host.unlocked();
  });

  it('end a restore before anything has changed', async () => {
    await start({
      beforeRestore: () => {
        throw new Error('not now');
      },
    });
    await host.store.store({ destinations: ['vault'] });
    await host.query(`INSERT INTO note (text) VALUES ('four')`);
    await expect(restore()).rejects.toMatchObject({ code: 'HOOK_FAILED' });
    expect(await notes()).toEqual(['one', 'two', 'three', 'four']);
    expect(called.slice(-1)).toEqual(['afterRestore: failed']);
    await host.unlocked();
  });

  it('are not called by a dry run, nor by a verification', async () => {
    await start({});
    await host.store.store({ destinations: ['vault'] });
    called = [];
    await restore({ dryRun: true });
    await host.app.get(RestoreService).verify({ destination: 'vault', id: 'latest' });
    expect(called).toEqual([]);
  });

  it('only leave a line in the log when they throw afterwards', async () => {
    const late = () => Promise.reject(new Error('too late'));
    await start({ afterBackup: late, afterRestore: late });
    const { result } = await host.store.store({ destinations: ['vault'] });
    const { complete } = await restore();
    expect({ result, complete }).toEqual({ result: 'success', complete: true });
    expect(host.logs()).toMatch(/The hook afterBackup threw after backup \S+: too late/);
    expect(host.logs()).toMatch(/The hook afterRestore threw after restore \S+: too late/);
  });

  it('tell of a destination that failed', async () => {
    await start({}, true);
    await host.store.store({ destinations: ['vault', 'other'] });
    expect(called).toEqual(['beforeBackup', 'afterBackup: failed']);
  });

  it.each(['heeds', 'ignores'])('are told of an abort; one that %s it does not keep the lock', async (how) => {
    let [begun, told] = [false, false];
    await start({
      beforeBackup: ({ signal }) =>
        new Promise((_resolve, reject) => {
          begun = true;
          signal.addEventListener('abort', () => {
            told = true;
            if (how === 'heeds') reject(signal.reason as Error);
          });
        }),
    });
    const stop = new AbortController();
    const storing = host.store.store({ destinations: ['vault'], signal: stop.signal });
    storing.catch(() => {});
    await until('the hook is called', () => begun, 10_000);
    stop.abort();
    await expect(storing).rejects.toMatchObject({ code: 'ABORTED' });
    expect(told).toBe(true);
    expect(called).toEqual(['afterBackup: failed']);
    await host.unlocked();
  });

  it('are awaited when the host is closed after a download', async () => {
    await start({});
    const { stream } = await host.app.get(BackupService).create();
    await finished(stream.resume());
    await until('the hook is called', () => host.events().some(({ event }) => event === 'backup.finished'));
    await host.app.close();
    expect(called).toEqual(['beforeBackup', 'afterBackup: success']);
  });
};

describeEngine('Hooks', 'better-sqlite3', suite);
if (process.env.TEST_LONG) describeEngine('Hooks', 'postgres', suite);
