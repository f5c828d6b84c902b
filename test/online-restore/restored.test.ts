import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { OnlineRestorePlan } from '../../lib/online/online-answers.js';
import { describeEngine, sampledServed } from '../fixtures/databases.js';
import { plant } from '../fixtures/files.js';
import { onlineSuite } from './support/online-suite.js';

for (const engine of sampledServed()) {
  describeEngine('a restore of the running application', engine, () => {
    const place = onlineSuite(engine);

    it('plans, replaces rows and files, keeps what was there in a restore point, and undoes itself from it', async () => {
      const host = await place().start();
      await place().put('old');
      const backup = await host.ask<string>('store');
      const old = await place().digest();
      await place().put('new', 5);
      const later = await place().digest();

      const plan = await host.ask<OnlineRestorePlan>('plan', backup);
      expect(plan.tables).toEqual([{ name: 'note', rows: 3, replaces: 5 }]);
      expect(plan.files).toEqual([{ name: 'files', count: 1, bytes: 3, replaces: { count: 1, bytes: 3 } }]);
      expect(plan).toMatchObject({ backup: { id: backup }, point: 'vault', complete: true });
      expect(await place().digest()).toBe(later);

      const state = await host.restore(backup);
      expect(state).toMatchObject({ result: 'restored', error: null, canUndo: true, undoes: null, user: 'ops' });
      expect(state.point).toEqual({ destination: 'vault', id: expect.any(String) });
      expect(await place().digest()).toBe(old);
      const phases = [...new Set(host.phases)];
      expect(phases).toEqual(['maintenance', 'point', 'restore', 'check', 'done']);

      const undo = await host.ask<string>('undo', state.id);
      expect(await host.over()).toMatchObject({ id: undo, undoes: state.id, result: 'restored', canUndo: true });
      expect(await place().digest()).toBe(later);
      await expect(host.ask('undo', state.id)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    });

    it('is back on the state before, by itself, when the application is not healthy after it', async () => {
      const host = await place().start();
      await place().put('old');
      const backup = await host.ask<string>('store');
      await place().put('new', 5);
      const before = await place().digest();
      place().is('sick');
      const state = await host.restore(backup);
      expect(state).toMatchObject({ result: 'rolled-back', error: { code: 'UNHEALTHY' }, canUndo: false });
      expect(await place().digest()).toBe(before);
      expect(host.phases).toContain('rollback');
      expect((await host.note('served again')).status).toBe(201);
    });

    it('changes nothing when it is refused under its locks, and ends the maintenance', async () => {
      const host = await place().start();
      await place().put('old');
      const backup = await host.ask<string>('store');
      await place().put('new', 5);
      await place()
        .database.query('CREATE TABLE other (note_id INTEGER NOT NULL REFERENCES note (id))')
        .catch(() => {});
      await place().database.query('ALTER TABLE note ADD COLUMN more INTEGER');
      const before = await place().digest();
      const state = await host.restore(backup);
      expect(state).toMatchObject({ result: 'unchanged', error: { code: 'RESTORE_REFUSED' }, point: null });
      expect(await place().digest()).toBe(before);
      expect((await host.get('/ping')).status).toBe(200);
    });

    it('restores into an installation whose tables are still empty', async () => {
      const host = await place().start();
      await place().put('old');
      const backup = await host.ask<string>('store');
      const old = await place().digest();
      await place().database.query('DELETE FROM note');
      rmSync(join(place().files, 'state.txt'));
      const state = await host.restore(backup);
      expect(state).toMatchObject({ result: 'restored', canUndo: true });
      expect(await place().digest()).toBe(old);
    });

    it('refuses a second one while one runs, and undoing when the restore point is gone', async () => {
      const host = await place().start();
      await place().put('old');
      const backup = await host.ask<string>('store');
      const id = await host.ask<string>('start', backup);
      await expect(host.ask('start', backup)).rejects.toMatchObject({ code: 'LOCKED' });
      const state = await host.over();
      expect(state).toMatchObject({ id, result: 'restored' });
      rmSync(place().vault, { recursive: true });
      plant(place().vault, { empty: null });
      await host.kill();
      const next = await place().start();
      await expect(next.ask('undo', id)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    });
  });
}
