import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { s3Prefix } from '../../lib/s3/index.js';
import { CliHost, type HostState, isUp } from '../fixtures/cli.js';
import { plant } from '../fixtures/files.js';
import { startAround } from '../fixtures/neighbours/around.js';
import type { StartedNeighbour } from '../fixtures/neighbours/index.js';
import { S3Server } from '../fixtures/s3-server.js';
import { type Chance, sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';
import { attributesOf, filesOf } from './conformance.js';

const { TEST_LONG } = process.env;
const KILLS = TEST_LONG ? 50 : 1;
/** Enough of them for a kill to come in the middle. */
const [OBJECTS, OTHER_OBJECTS] = TEST_LONG ? [60, 40] : [20, 12];
/** Of so many kills, one is followed by a kill of the start that recovers. */
const RECOVERIES_KILLED = 3;

type Archive = 'one.zip' | 'other.zip';

interface State extends HostState {
  pictures: Record<string, string>;
}

describe('A restore into a bucket by the command line, killed at a random moment', () => {
  const tally = new Tally('Restores into a bucket killed, then started');
  let server: S3Server;
  let host: CliHost;
  let company: StartedNeighbour | undefined;
  let states: Record<Archive, State>;

  const options = () => ({ ...server.options(), prefix: 'shop/pictures/' });
  const pictures = () => s3Prefix(options());

  const stateNow = async (): Promise<State> => {
    const own = Object.entries(await filesOf(pictures())).filter(([path]) => !path.startsWith('.nestjs-backup/'));
    return { ...(await host.state()), pictures: Object.fromEntries(own) };
  };
  const fill = async (label: string, rows: number, objects: number) => {
    const values = Array.from({ length: rows }, (_, row) => `('${label} ${row}')`);
    await host.database.query('DELETE FROM note');
    await host.database.query(`INSERT INTO note (text) VALUES ${values.join(', ')}`);
    plant(host.files, { 'a.txt': label, [`${label}.txt`]: label });
    const store = pictures();
    for await (const { path } of store.list()) await store.delete(path);
    for (let object = 0; object < objects; object++) {
      const path = object % 2 === 0 ? `${label}-${object}` : `both/deep/${object}.txt`;
      await store.put(path, Buffer.from(`${label} ${object}`), attributesOf(path));
    }
  };
  const save = async (archive: Archive) => {
    const { code, stderr } = await host.run(['create', '--app', host.app, '-o', archive]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    // Times of files are rounded in a ZIP, so the state is the one that a restore makes.
    expect(await host.run(restoreOf(archive))).toMatchObject({ code: 0 });
    states = { ...states, [archive]: await stateNow() };
  };
  const restoreOf = (archive: string) => ['restore', archive, '--app', host.app, '--replace'];

  beforeAll(async () => {
    server = await S3Server.start();
    host = await CliHost.make();
    host.environment.HOST_PICTURES = JSON.stringify(options());
    await fill('one', 500, OBJECTS);
    await save('one.zip');
    await fill('other', 300, OTHER_OBJECTS);
    await save('other.zip');
    company = await startAround(host);
  });
  afterAll(() => company?.end());
  afterAll(async () => {
    await host.remove();
    await server.stop();
  });

  it(
    `leaves exactly the old or the new state after the next start (${KILLS} times)`,
    async () => {
      const started = performance.now();
      const child = host.spawn(restoreOf('one.zip'));
      await isUp(child);
      const boot = performance.now() - started;
      await once(child, 'exit');
      const duration = performance.now() - started - boot;
      expect(await stateNow()).toEqual(states['one.zip']);

      let [now, next]: [Archive, Archive] = ['one.zip', 'other.zip'];
      const ended = { old: 0, new: 0, recovered: 0 };
      await sampled(KILLS, async (chance: Chance) => {
        const moment = chance.between(0, Math.ceil(duration * 1.2));
        await host.run(restoreOf(next), { killWhen: (killed) => isUp(killed).then(() => sleep(moment)) });
        const left = await stateNow();
        const again = chance.between(0, Math.ceil(boot * RECOVERIES_KILLED));
        if (again < boot) await host.start({ killWhen: () => sleep(again) });
        const { code, stderr } = await host.start();
        expect({ code, stderr }).toMatchObject({ code: 0 });
        const found = await stateNow();
        const isNew = JSON.stringify(found.database) === JSON.stringify(states[next].database);
        expect(found).toEqual(states[isNew ? next : now]);
        if (JSON.stringify(left) !== JSON.stringify(found)) ended.recovered++;
        ended[isNew ? 'new' : 'old']++;
        tally.add(isNew ? 'new' : 'old');
        if (isNew) [now, next] = [next, now];
      });
      if (TEST_LONG) expect(Math.min(ended.old, ended.new, ended.recovered)).toBeGreaterThan(0);
      expect(await host.run(['create', '--app', host.app, '-o', 'last.zip'])).toMatchObject({ code: 0 });
      expect(await filesOf(pictures(), '.nestjs-backup/')).toEqual({});
    },
    60_000 + KILLS * 15_000,
  );

  it('is refused where objects are, with exit code 3', async () => {
    const before = await stateNow();
    const { code, stderr } = await host.run(['restore', 'one.zip', '--app', host.app]);
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(await stateNow()).toEqual(before);
  });
});
