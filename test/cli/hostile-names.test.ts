import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost, MAIN } from '../fixtures/cli.js';
import { hostileZip } from '../fixtures/hostile-zip.js';
import { terminalProblem } from '../fixtures/machine.js';
import { itUnless } from '../fixtures/unless.js';
import { zipEntries } from '../fixtures/zip.js';

/** Clears the screen, rings, sets a title, turns the writing, ends the line, and hides. */
const TRICKS =
  '\u001b[2J\u0007\u001b]0;owned\u0007\u202Egpj.exe\u2066\r\nBackup 0000 complete\u009b31m\u2028\u200b\u{e0041}';
/** All that may command a terminal or hide, but for what ends our own lines. */
const RAW = /(?![\n\r])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('Names of an archive that command a terminal', () => {
  let host: CliHost;

  beforeAll(async () => {
    host = await CliHost.make();
    expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
    const entries = await zipEntries(readFileSync(join(host.folder, 'b.zip')));
    const manifest = JSON.parse(String(entries.at(-1)!.content));
    const named = (change: (manifest: Record<string, any>) => void) => {
      // The digest of the directory is that of an archive whose names are others.
      const { entries: _, ...changed } = structuredClone(manifest);
      change(changed);
      const last = { name: 'manifest.json', content: Buffer.from(JSON.stringify(changed)) };
      return hostileZip([...entries.slice(0, -1).map(({ name, content }) => ({ name, content })), last]);
    };
    const archives = {
      'says.zip': named((one) => {
        one.appVersion = `1${TRICKS}`;
        one.database.version = `8${TRICKS}`;
        one.warnings = [`a warning ${TRICKS}`];
        one.skipped = [{ path: `files/${TRICKS}`, reason: `gone ${TRICKS}` }];
        one.complete = false;
      }),
      'table.zip': named((one) => {
        one.tables[0].name = `note${TRICKS}`;
        one.tables[0].table = one.tables[0].name;
      }),
      'directory.zip': named((one) => {
        one.files = { [`files${TRICKS}`]: one.files.files };
      }),
      'id.zip': named((one) => {
        one.id = TRICKS;
      }),
    };
    for (const [name, bytes] of Object.entries(archives)) writeFileSync(join(host.folder, name), bytes);
    const entry = { name: `files/${TRICKS}`, content: 'x' };
    const all = entries.map(({ name, content }) => ({ name, content }));
    writeFileSync(join(host.folder, 'entry.zip'), hostileZip([...all.slice(0, -1), entry, ...all.slice(-1)]));
  });
  afterAll(() => host.remove());

  const onTerminal = (args: string[]) => {
    const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
    const env = { ...process.env, NODE_OPTIONS: '', TERM: 'xterm', ...host.environment };
    return spawnSync('script', ['-qec', command, '/dev/null'], { cwd: host.folder, env, encoding: 'utf8' }).stdout;
  };

  it.each([
    ['inspect', 'says.zip'],
    ['inspect', 'id.zip'],
    ['inspect', 'directory.zip'],
    ['verify', 'says.zip'],
    ['verify', 'table.zip'],
    ['verify', 'entry.zip'],
    ['restore', 'says.zip'],
    ['restore', 'table.zip'],
    ['restore', 'entry.zip'],
    ['restore', 'id.zip'],
    ['restore', 'directory.zip'],
  ])('are harmless in what %s says of %s', async (command, file) => {
    const more = command === 'restore' ? ['--app', host.app, '--replace', '--dry-run'] : [];
    const { stdout, stderr } = await host.run([command, file, ...more]);
    const said = String(stdout) + stderr;
    expect(said).not.toMatch(RAW);
    expect(said).not.toMatch(/^Backup 0000/m);
  });

  it('are the same names for machines', async () => {
    const { stdout } = await host.run(['inspect', 'says.zip', '--json']);
    expect(String(stdout)).not.toMatch(RAW);
    expect(JSON.parse(String(stdout)).appVersion).toBe(`1${TRICKS}`);
  });

  itUnless(terminalProblem())('are harmless on a terminal', () => {
    for (const args of [
      ['inspect', 'says.zip'],
      ['verify', 'says.zip'],
      ['verify', 'table.zip'],
      ['restore', 'table.zip', '--app', host.app, '--replace', '--dry-run'],
    ]) {
      const said = onTerminal(args);
      expect(said).toContain('\\u001b[2J');
      for (const raw of ['\u001b[2J', '\u0007', '\u202E', '\u009b31m', '\u2028']) expect(said).not.toContain(raw);
      expect(said).not.toMatch(/^Backup 0000/m);
    }
  });
});
