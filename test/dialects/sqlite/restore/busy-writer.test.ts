import { allowing } from '../../../fixtures/wait.js';
import { restore, save } from '../../support/saved.js';
import { keepBusy } from '../busy-writer.js';
import { FILES } from '../harness.js';
import { restoreSuite } from './harness.js';

/** Each of them takes the lock several times. */
const ROUNDS = 3;

const { both, cleanup, file } = restoreSuite();

describe('beside another process that locks the file nearly all the time', () => {
  it.each(FILES)(
    'backups and restores find the moments in which it is free [%s]',
    async (kind) => {
      const { to, saved } = await both(kind);
      cleanup(await keepBusy(file('to')));
      for (let round = 0; round < ROUNDS; round++) {
        expect((await save(to)).tables).not.toEqual([]);
        await restore(to, saved);
      }
    },
    allowing(120_000),
  );
});
