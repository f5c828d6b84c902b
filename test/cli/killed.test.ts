import { once } from 'node:events';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliHost, type HostState, isUp } from '../fixtures/cli.js';
import { describeEngine, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { startAround } from '../fixtures/neighbours/around.js';
import type { StartedNeighbour } from '../fixtures/neighbours/index.js';
import { type Chance, sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';

const KILLS = process.env.TEST_LONG ? 50 : 2;
const MODIFIED = new Date('2021-02-03T04:05:06.000Z');
/** Of three kills, one is followed by a kill of the start that recovers. */
const RECOVERIES_KILLED = 3;

type Archive = 'one.zip' | 'other.zip';

const ENGINES = ['postgres', 'mariadb', 'mysql', 'better-sqlite3'] as const;

describe.each(everyday(offered(ENGINES), 1))('%s', (name) => {
  describeEngine('A restore by the command line, killed at a random moment', name, (engine) => {
    const tally = new Tally(`Restores killed, then started, on ${name}`);
    let host: CliHost;
    let company: StartedNeighbour | undefined;
    /** What there was when the archive was made. */
    let states: Record<Archive, HostState>;

    const fill = async (label: string, rows: number, files: number) => {
      const values = Array.from({ length: rows }, (_, row) => `('${label} ${row}')`);
      await host.database.query('DELETE FROM note');
      await host.database.query(`INSERT INTO note (text) VALUES ${values.join(', ')}`);
      await rm(host.files, { recursive: true });
      mkdirSync(join(host.files, 'both', 'deep'), { recursive: true });
      for (let file = 0; file < files; file++) {
        const path = join(host.files, file % 2 === 0 ? `${label}-${file}` : `both/deep/${file}`);
        writeFileSync(path, `${label} ${file}`);
        utimesSync(path, MODIFIED, MODIFIED);
      }
    };

    const shout = {
      postgres: [
        `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.text := upper(NEW.text); RETURN NEW; END $$`,
        'CREATE TRIGGER shouting BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION shout()',
      ],
      mysql: ['CREATE TRIGGER shouting BEFORE INSERT ON note FOR EACH ROW SET NEW.text = UPPER(NEW.text)'],
      sqlite: [
        `CREATE TRIGGER shouting AFTER INSERT ON note BEGIN UPDATE note SET text = upper(text) WHERE id = NEW.id; END`,
      ],
    }[engine.family];

    const save = async (archive: Archive) => {
      const { code, stderr } = await host.run(['create', '--app', host.app, '-o', archive]);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      states = { ...states, [archive]: await host.state() };
    };
    const restore = (archive: string) => ['restore', archive, '--app', host.app, '--replace'];
    beforeEach(async () => {
      host = await CliHost.make(engine);
      await fill('one', 1500, 60);
      for (const statement of shout) await host.database.query(statement);
      await save('one.zip');
      await fill('other', 900, 40);
      await save('other.zip');
      company = await startAround(host);
    });
    afterEach(() => company?.end());
    afterEach(() => host.remove());

    it(
      `leaves exactly the old or the new state after the next start (${KILLS} times)`,
      async () => {
        const started = performance.now();
        const child = host.spawn(restore('one.zip'));
        await isUp(child);
        const boot = performance.now() - started;
        await once(child, 'exit');
        const duration = performance.now() - started - boot;
        expect(await host.state()).toEqual(states['one.zip']);

        let [now, next]: [Archive, Archive] = ['one.zip', 'other.zip'];
        const ended = { old: 0, new: 0, recovered: 0 };
        await sampled(KILLS, async (chance: Chance) => {
          // The measured restore may have been a quick one.
          const moment = chance.between(0, Math.ceil(duration * 1.5));
          await host.run(restore(next), { killWhen: (child) => isUp(child).then(() => sleep(moment)) });
          const left = await host.state();
          const again = chance.between(0, Math.ceil(boot * RECOVERIES_KILLED));
          if (again < boot) await host.start({ killWhen: () => sleep(again) });
          const { code, stderr } = await host.start();
          expect({ code, stderr }).toMatchObject({ code: 0 });
          const found = await host.state();
          const isNew = JSON.stringify(found) === JSON.stringify(states[next]);
          expect(found).toEqual(states[isNew ? next : now]);
          if (JSON.stringify(left) !== JSON.stringify(found)) ended.recovered++;
          ended[isNew ? 'new' : 'old']++;
          tally.add(isNew ? 'new' : 'old');
          if (isNew) [now, next] = [next, now];
        });
        if (process.env.TEST_LONG) expect(Math.min(ended.old, ended.new, ended.recovered)).toBeGreaterThan(0);
      },
      60_000 + KILLS * 10_000,
    );
  });
});
