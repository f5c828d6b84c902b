import type { StoredObject } from 'nestjs-backup';
import { FinishUploads } from '../../../lib/page/uploads/finish-uploads.js';
import { describeEachAdapter, type Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { until } from '../../fixtures/wait.js';
import { madeArchive } from './made-archive.js';
import { UploadClient } from './upload-client.js';

const CHECKING = { state: 'checking', backup: null, error: null };

describeEachAdapter('The state of an upload', (hosting) => {
  let host: Host;
  let client: UploadClient;
  let vault: MemoryDestination;
  beforeEach(async () => {
    vault = new MemoryDestination();
    host = await hosting.start({ options: { destinations: { vault } }, extras: { page: true } });
    client = new UploadClient(host.url);
    await seed(host.dataSource);
  });

  /** A complete upload of a backup, or of what is left of it. */
  const received = async (left = Number.POSITIVE_INFINITY) => {
    const { filename, archive: whole } = await madeArchive(host);
    const archive = whole.subarray(0, left);
    const { json } = await client.begin({ filename, size: archive.length });
    await client.patch(json, 0, archive);
    return json;
  };

  it.each([
    ['stored', undefined],
    ['refused', 1000],
  ])('says nothing of how a check ended before it is over, which is %s', async (state, left) => {
    const upload = await received(left);
    const clearing = gate();
    const remove = vault.delete.bind(vault);
    vault.delete = async (name) => {
      await clearing.pass();
      await remove(name);
    };
    await client.check(upload);
    await until('what is left is cleared away', () => clearing.isReached(), 20_000);
    expect([...vault.objects.keys()]).toContain(`upload-${upload.id}.result.json`);
    expect((await client.state(upload)).json).toMatchObject(CHECKING);
    expect(await client.list()).toMatchObject([CHECKING]);
    clearing.open();
    const { backup, error, ...ended } = await client.ended(upload);
    expect([ended.state, backup === null, error === null]).toEqual([state, state === 'refused', state === 'stored']);
  });

  it('is not that of before a check which ends while somebody looks', async () => {
    const upload = await received();
    const [checking, looking] = [gate(), gate()];
    const open = vault.open.bind(vault);
    vault.open = async (name) => {
      if (!name.endsWith('.json')) await checking.pass();
      return open(name);
    };
    const checked = client.check(upload);
    await until('it is checked', () => checking.isReached(), 20_000);
    const list = vault.list.bind(vault);
    vault.list = async function* () {
      vault.list = list;
      const before: StoredObject[] = [];
      for await (const object of list()) before.push(object);
      await looking.pass();
      yield* before;
    };
    const state = client.state(upload);
    await until('somebody looks', () => looking.isReached(), 20_000);
    checking.open();
    expect((await checked).status).toBe(202);
    const finishing = host.app.get(FinishUploads, { strict: false });
    await until('the check is over', () => !finishing.isChecked(upload.id), 20_000);
    looking.open();
    expect((await state).json).toMatchObject(CHECKING);
    expect((await client.state(upload)).json).toMatchObject({ state: 'stored', error: null });
  });
});

/** Holds whoever passes until it is opened. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let reached = false;
  const pass = () => {
    reached = true;
    return opened;
  };
  return { open, pass, isReached: () => reached };
}
