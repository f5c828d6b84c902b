import { describeEngine, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { asSystem, Host } from '../fixtures/host.js';
import { seed } from '../fixtures/host-entities.js';
import { send } from '../fixtures/http-client.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { SHARED_ENGINES } from '../fixtures/replicas.js';
import { BACKUP_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { EventClient } from './event-client.js';
import { PageClient, withPage } from './page-host.js';

for (const name of everyday(offered(SHARED_ENGINES), 3)) {
  describeEngine('The page on another replica', name, (engine) => {
    const slow = new MemoryDestination({ stallsAfter: 10_000 });
    const vault = new MemoryDestination();
    let database: Awaited<ReturnType<typeof engine.create>>;
    let worker: Host;
    let web: Host;
    beforeAll(async () => {
      database = await engine.create();
      const setup = { database: database.options, ...withPage({ destinations: { slow, vault }, compressionLevel: 0 }) };
      worker = await Host.start('Express', setup);
      web = await Host.start('Fastify', setup);
      await seed(worker.dataSource);
    });
    afterAll(async () => {
      await worker.close();
      await web.close();
      await database.drop();
    });

    it('shows what the first one does, live, and ends it', async () => {
      const events = await EventClient.open(new PageClient(web).url('events'));
      await events.first('status', () => true);
      const { id } = (await worker.post({ body: { key: BACKUP_KEY, destination: 'slow' } })).json as { id: string };
      expect(await events.first('run', (run) => run.id === id)).toMatchObject({ kind: 'backup', state: 'started' });
      const progress = await events.first('progress', (run) => run.id === id);
      expect(progress).toMatchObject({ kind: 'backup', user: 'ops', via: 'http', cancellable: true });
      const [running] = (await new PageClient(web).get('status')).json.running;
      expect(running).toMatchObject({ id, kind: 'backup' });
      const answer = await new PageClient(web).act(`runs/${id}`, {}, { method: 'DELETE' });
      expect(answer.status).toBe(202);
      expect(await events.first('run', (run) => run.id === id && run.state !== 'started')).toMatchObject({
        state: 'aborted',
        error: { code: 'ABORTED' },
      });
      expect((await new PageClient(web).get('status')).json.running).toEqual([]);
      events.close();
    });

    it('tells of a backup that is stored, and what status then knows', async () => {
      const events = await EventClient.open(new PageClient(web).url('events'));
      const id = await new PageClient(worker).store('vault');
      expect(await events.first('run', (run) => run.id === id && run.state !== 'started')).toMatchObject({
        state: 'success',
      });
      await events.first('status', ({ lastBackup }) => lastBackup !== null);
      events.close();
    });

    it('lets the server close', async () => {
      const events = await EventClient.open(new PageClient(web).url('events'));
      await events.first('status', () => true);
      const closing = web.app.close();
      await until('the stream has ended', () => events.isOver, 5_000);
      await closing;
      await expect(send(web.url, { method: 'GET', headers: asSystem })).rejects.toThrow();
    });
  });
}
