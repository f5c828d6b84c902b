import { exportTable } from '../../../lib/database/export-table.js';

it('a row that is too long for any restore fails the backup, by its table', async () => {
  const bytes = { length: 600_000_000 } as Buffer;
  const snapshot = {
    lines: async function* () {
      yield { bytes, count: 1 };
    },
  };
  const planned = { table: {}, model: 'big', entities: [], excluded: false };
  const exporting = exportTable(snapshot as never, planned as never, () => {});
  await expect(exporting.next()).rejects.toMatchObject({
    code: 'DATABASE_FAILED',
    message: expect.stringMatching(/row of table "big" takes more than 511 MiB/),
  });
});
