import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const DIST = join(import.meta.dirname, '../../dist');

/** Files of dist that a program has loaded, relative to it. */
function loadedBy(program: string): string[] {
  const script = `
    const { BackupModule } = require(${JSON.stringify(join(DIST, 'index.js'))});
    ${program}
    console.log(JSON.stringify(Object.keys(require.cache).filter((file) => file.startsWith(${JSON.stringify(DIST)}))));`;
  const text = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { PATH: process.env.PATH } });
  return (JSON.parse(text) as string[]).map((file) => file.slice(DIST.length + 1));
}

describe('The page', () => {
  it('is not loaded by an application that does not want it', () => {
    for (const options of [
      '{}',
      '{ page: false }',
      '{ page: true, enabled: false }',
      '{ history: true, metrics: true }',
    ]) {
      const loaded = loadedBy(`BackupModule.forRoot(${options});`);
      expect(loaded.length).toBeGreaterThan(50);
      // What others ask whether they have to stand still.
      const known = ['maintenance/maintenance.js'];
      expect(loaded.filter((file) => /^(page|replicas|online|maintenance)\//.test(file))).toEqual(known);
    }
  });

  it('is loaded where it is wanted, with its files', () => {
    const loaded = loadedBy('BackupModule.forRoot({ page: true });');
    expect(loaded).toContain('page/client-files.js');
  });
});
