import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ageProblem, type KeyPair, keyPair } from '../../../fixtures/age.js';
import { ageReaders, openedByEach } from '../../../fixtures/age-readers.js';
import { itUnless } from '../../../fixtures/unless.js';
import { BLOCK, CHUNK, decryptWith, encryptTo, expectSame, openWith } from './support.js';

const run = promisify(execFile);
const withAge = itUnless(ageProblem());

describe(`What we write opens with ${ageReaders().join(', ')}`, () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + CHUNK, 3 * BLOCK + 777])(
    'with the identity of each recipient: %i bytes',
    async (size) => {
      const [alice, bob] = [await keyPair(), await keyPair()];
      const plain = randomBytes(size);
      const file = await encryptTo([alice.recipient, bob.recipient], plain);
      for (const pair of [alice, bob]) expect((await openedByEach(file, pair)).equals(plain)).toBe(true);
    },
  );

  it('with a classic identity where a hybrid one is a recipient as well', async () => {
    const [alice, hybrid] = [await keyPair(), await keyPair('hybrid')];
    const plain = randomBytes(1000);
    const file = await encryptTo([hybrid.recipient, alice.recipient], plain);
    expect((await openedByEach(file, alice)).equals(plain)).toBe(true);
  });
});

describe('age itself', () => {
  let folder: string;
  let alice: KeyPair;
  let bob: KeyPair;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-age-'));
    [alice, bob] = [await keyPair(), await keyPair()];
  });
  afterAll(() => rm(folder, { recursive: true }));

  const age = (...args: string[]) => run('age', args, { cwd: folder });

  withAge.each([0, 1, CHUNK, CHUNK + 1, BLOCK, 2 * BLOCK + 777])('writes what we open: %i bytes', async (size) => {
    const plain = randomBytes(size);
    await writeFile(join(folder, 'plain'), plain);
    await age('-r', alice.recipient, '-r', bob.recipient, '-o', 'theirs.age', 'plain');
    const file = await readFile(join(folder, 'theirs.age'));
    for (const { identity } of [alice, bob]) {
      expectSame(await decryptWith(identity, file), plain);
      const source = await openWith(identity, file);
      expect((await source.read(0, source.size)).equals(plain)).toBe(true);
    }
  });

  withAge('makes the identities and the recipients that we take', async () => {
    const { stdout } = await run('age-keygen', [], { cwd: folder });
    const recipient = /public key: (\S+)/.exec(stdout)![1]!;
    const plain = randomBytes(100);
    expectSame(await decryptWith(stdout, await encryptTo([recipient], plain)), plain);
  });
});
