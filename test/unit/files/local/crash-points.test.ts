import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { quickDirectory } from '../../../fixtures/mounts.js';
import { compileInto } from './support/compiled.js';

const run = promisify(execFile);
const isLong = process.env.TEST_LONG !== undefined;
const SEED = process.env.TEST_SEED || String(Date.now() % 2 ** 31);
const compiled = mkdtempSync(join(tmpdir(), 'nestjs-backup-compiled-'));
const child = compileInto(compiled)('crash-points.child');
const directory = quickDirectory();
afterAll(() => rmSync(compiled, { recursive: true }));

describe('A restore of files that ends before any one of its file operations', () => {
  it.each([['commits'], ['does not commit']])(
    'leaves the old or the new tree when the database %s, the recovery killed as well',
    async (commits) => {
      const { stdout } = await run(process.execPath, [child, directory.path, commits, isLong ? 'all' : SEED]);
      const { points, failures } = JSON.parse(stdout) as { points: number; failures: string[] };
      expect(failures).toEqual([]);
      expect(points).toBeGreaterThan(isLong ? 1_000 : 100);
    },
    isLong ? 2_400_000 : 180_000,
  );
});
