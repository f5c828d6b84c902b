import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ageProblem, type KeyPair, keyPair } from '../../../fixtures/age.js';
import { itUnless } from '../../../fixtures/unless.js';
import { BLOCK, CHUNK, decryptWith, encryptTo, expectSame, openWith } from './support.js';

const run = promisify(execFile);
const withAge = itUnless(ageProblem());

describe('age itself', () => {
  let folder: string;
  let alice: KeyPair;
  let bob: KeyPair;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-age-'));
    [alice, bob] = [await keyPair(), await keyPair()];
    await writeFile(join(folder, 'alice.txt'), alice.file);
    await writeFile(join(folder, 'bob.txt'), bob.file);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const age = (...args: string[]) => run('age', args, { cwd: folder });
  const opened = async (identity: string, file: string) => {
    const options = { cwd: folder, encoding: 'buffer', maxBuffer: 2 ** 25 } as const;
    return (await run('age', ['-d', '-i', identity, file], options)).stdout;
  };
  const read = (name: string) => readFile(join(folder, name));

  withAge.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + CHUNK, 3 * BLOCK + 777])(
    'opens what we write, with the identity of each recipient: %i bytes',
    async (size) => {
      const plain = randomBytes(size);
      await writeFile(join(folder, 'ours.age'), await encryptTo([alice.recipient, bob.recipient], plain));
      for (const name of ['alice', 'bob']) {
        expect((await opened(`${name}.txt`, 'ours.age')).equals(plain)).toBe(true);
      }
    },
  );

  withAge.each([0, 1, CHUNK, CHUNK + 1, BLOCK, 2 * BLOCK + 777])('writes what we open: %i bytes', async (size) => {
    const plain = randomBytes(size);
    await writeFile(join(folder, 'plain'), plain);
    await age('-r', alice.recipient, '-r', bob.recipient, '-o', 'theirs.age', 'plain');
    const file = await read('theirs.age');
    for (const { identity } of [alice, bob]) {
      expectSame(await decryptWith(identity, file), plain);
      const source = await openWith(identity, file);
      expect((await source.read(0, source.size)).equals(plain)).toBe(true);
    }
  });

  withAge('opens with a classic identity what was encrypted to a hybrid one as well', async () => {
    const plain = randomBytes(1000);
    const hybrid = await keyPair('hybrid');
    await writeFile(join(folder, 'mixed.age'), await encryptTo([hybrid.recipient, alice.recipient], plain));
    expect((await opened('alice.txt', 'mixed.age')).equals(plain)).toBe(true);
  });

  withAge('makes the identities and the recipients that we take', async () => {
    const { stdout } = await run('age-keygen', [], { cwd: folder });
    const recipient = /public key: (\S+)/.exec(stdout)![1]!;
    const plain = randomBytes(100);
    expectSame(await decryptWith(stdout, await encryptTo([recipient], plain)), plain);
  });
});
