import { ExpectedAmounts } from '../../../lib/backup/expected-amounts.js';

describe('What a backup is expected to hold', () => {
  const none = { files: 0, bytes: 0 };

  it('is not known before the files are counted', () => {
    const expected = new ExpectedAmounts([{ rows: 10, bytes: 100 }]);
    expect(expected.total).toBeNull();
    expected.addFiles({ files: 3, bytes: 50 });
    expect(expected.total).toEqual({ rows: 10, files: 3, bytes: 150 });
  });

  it('follows how long the lines are that were read, also of tables that were not', () => {
    const expected = new ExpectedAmounts([
      { rows: 10, bytes: 100 },
      { rows: 20, bytes: 200 },
    ]);
    expected.addFiles(none);
    expected.nextTable();
    expected.addLines(5, 150);
    expect(expected.total).toEqual({ rows: 30, files: 0, bytes: 900 });
    expected.addLines(5, 150);
    expected.nextTable();
    expected.addLines(10, 100);
    expect(expected.total).toEqual({ rows: 30, files: 0, bytes: 500 });
  });

  it('is in the end what was read, whatever was expected', () => {
    const expected = new ExpectedAmounts([
      { rows: 1000, bytes: 5 },
      { rows: null, bytes: 100 },
      { rows: 0, bytes: 0 },
    ]);
    expected.addFiles(none);
    for (const [rows, bytes] of [
      [2, 30],
      [7, 40],
      [1, 5],
    ] as const) {
      expected.nextTable();
      expected.addLines(rows, bytes);
      expect(expected.total!.rows).toBeGreaterThanOrEqual(rows);
    }
    expected.nextTable();
    expect(expected.total).toEqual({ rows: 10, files: 0, bytes: 75 });
  });

  it('of a table whose rows nobody has counted is at least what was read of it', () => {
    const expected = new ExpectedAmounts([{ rows: null, bytes: 100 }]);
    expected.addFiles(none);
    expected.nextTable();
    expected.addLines(3, 40);
    expect(expected.total).toEqual({ rows: 3, files: 0, bytes: 100 });
    expected.addLines(3, 90);
    expect(expected.total).toEqual({ rows: 6, files: 0, bytes: 130 });
  });
});
