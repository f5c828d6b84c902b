import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../fixtures/files.js';

const PROGRAM = join(import.meta.dirname, '../fixtures/few-permissions.mjs');
const MODEL = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';

const ADDONS = process.allowedNodeEnvironmentFlags.has('--allow-addons') ? ['--allow-addons'] : [];

describe('A process that Node’s permission model lets start no threads', () => {
  const folder = temporaryDirectory();
  const databases = temporaryDirectory();

  const run = async (
    level: number,
    { files = false, threads = false, database = '' } = {},
  ): Promise<Record<string, unknown>> => {
    const flags = [MODEL, '--allow-fs-read=*', '--allow-fs-write=*', ...(threads ? ['--allow-worker'] : []), ...ADDONS];
    const { NODE_OPTIONS: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...flags, PROGRAM, folder.path, String(level), files ? '' : 'skip', database],
      { env },
    );
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it('backs up and restores rows without compression', async () => {
    expect(await run(0)).toMatchObject({ threads: false, rows: 20_000 });
  });

  it('backs up and restores a database file', async () => {
    const database = databases.at('few-permissions.db');
    expect(await run(0, { database })).toMatchObject({ threads: false, rows: 20_000 });
  });

  it('is told what to allow, with compression', async () => {
    expect(await run(3)).toMatchObject({
      code: 'ARCHIVE_FAILED',
      message: expect.stringMatching(/start no threads.*--allow-worker.*compressionLevel: 0/),
    });
  });

  it('restores no files, and says so before anything is changed', async () => {
    expect(await run(0, { files: true })).toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(/permission model.*without --permission.*--skip-files/),
    });
  });

  it('compresses where threads are allowed', async () => {
    expect(await run(3, { threads: true })).toMatchObject({ threads: true, rows: 20_000 });
  });
});
