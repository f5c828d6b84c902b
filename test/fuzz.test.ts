import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const INPUTS = process.env.TEST_LONG ? 20_000 : 4_000;
const PROGRAM = 'scripts/fuzz/run.mjs';

/** A sample of `npm run fuzz`, on the built library. */
describe('Inputs that nobody sane would write', () => {
  it(`are refused, or taken rightly: ${INPUTS} of them, and those that once were not`, async () => {
    const seed = process.env.TEST_SEED ?? '20261123';
    const { stdout } = await run(process.execPath, [PROGRAM, '--inputs', String(INPUTS), '--seed', seed]);
    expect(stdout).toContain(`${INPUTS} inputs, 0 findings`);
  }, 240_000);

  it('would be found and kept, if one was taken wrongly', async () => {
    const corpus = await mkdtemp(join(tmpdir(), 'nestjs-backup-fuzz-'));
    // The reader of ZIPs, without its look at checksums.
    const blind = join(import.meta.dirname, 'fixtures/blind-reader.mjs');
    const options = { env: { ...process.env, NODE_OPTIONS: `--import ${blind}` } };
    const args = [PROGRAM, '--only', 'zip', '--inputs', '3000', '--seed', '5', '--corpus', corpus];
    const failed = await run(process.execPath, args, options).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/zip: input \d+ .*It took damaged content/),
    });
    expect(await readdir(corpus)).toHaveLength(1);
    await rm(corpus, { recursive: true });
  });
});
