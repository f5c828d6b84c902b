import { LineSums } from '../../../lib/database/export-table.js';

it('a row that is too long for any restore fails the backup, by its table', async () => {
  const bytes = { length: 600_000_000 } as Buffer;
  await expect(async () => new LineSums('big').add({ bytes, count: 1 })).rejects.toMatchObject({
    code: 'DATABASE_FAILED',
    message: expect.stringMatching(/row of table "big" takes more than 511 MiB/),
  });
});
