import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { recipientId } from '../../lib/crypto/age/recipients.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { CliHost } from '../fixtures/cli.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(180_000);

describe('nestjs-backup rewrap', () => {
  let host: CliHost;
  let alice: KeyPair;
  let bob: KeyPair;
  let env: Record<string, string>;
  const at = (...names: string[]) => join(host.folder, ...names);
  const run = (args: string[], more: Record<string, string> = {}) => host.run(args, { env: { ...env, ...more } });

  beforeAll(async () => {
    [host, alice, bob] = [await CliHost.make(), await keyPair(), await keyPair()];
    for (const [name, { file }] of Object.entries({ alice, bob })) writeFileSync(at(`${name}.txt`), file);
    mkdirSync(at('vault'));
    env = {
      HOST_RECIPIENTS: JSON.stringify([alice.recipient]),
      HOST_VAULTS: JSON.stringify({ vault: at('vault') }),
      HOST_RETENTION_KEY: secret('what only the application knows'),
    };
    const app = ['--app', host.app];
    expect(await run(['create', ...app, '-o', 'whole.zip.age'])).toMatchObject({ code: 0 });
    expect(await run(['create', ...app, '-o', 'plain.zip', '--plaintext'])).toMatchObject({ code: 0 });
    const keyed = await run(['create', ...app, '-o', 'aes.zip.crypt', '--encrypt'], { BACKUP_AES_KEY: AES_KEY });
    expect(keyed).toMatchObject({ code: 0 });
    expect(await run(['create', ...app, '--to', 'vault'])).toMatchObject({ code: 0 });
  });
  beforeEach(() => copyFileSync(at('whole.zip.age'), at('b.zip.age')));
  afterAll(() => host.remove());

  it('lets others open a file, which keeps its name, its mode and what leads to it', async () => {
    chmodSync(at('b.zip.age'), 0o640);
    symlinkSync('b.zip.age', at('link.zip.age'));
    const done = await run([
      'rewrap',
      'link.zip.age',
      '--recipient',
      bob.recipient,
      '--identity',
      'alice.txt',
      '--json',
    ]);
    expect(done).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Warning') });
    const { size } = statSync(at('b.zip.age'));
    const told = { archive: at('b.zip.age'), bytes: size, keyIds: [recipientId(bob.recipient)], remains: null };
    expect(JSON.parse(String(done.stdout))).toMatchObject(told);
    expect(lstatSync(at('link.zip.age')).isSymbolicLink()).toBe(true);
    expect(statSync(at('b.zip.age')).mode & 0o777).toBe(0o640);
    expect(await run(['verify', 'b.zip.age', '--identity', 'bob.txt'])).toMatchObject({ code: 0 });
    expect(await run(['verify', 'b.zip.age', '--identity', 'alice.txt'])).toMatchObject({ code: 4 });
    const shown = await run(['rewrap', 'b.zip.age', '--recipient', alice.recipient, '--recipient', bob.recipient], {
      BACKUP_IDENTITY: 'bob.txt',
    });
    expect(String(shown.stdout)).toMatch(/b\.zip\.age \(.*B\): 2 recipients, [0-9a-f]{16}, [0-9a-f]{16}\n$/);
    expect(await run(['verify', 'b.zip.age', '--identity', 'alice.txt'])).toMatchObject({ code: 0 });
    expect(readdirSync(host.folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('does not change the former file, of which somebody may have a hard link', async () => {
    const former = readFileSync(at('b.zip.age'));
    linkSync(at('b.zip.age'), at('former.zip.age'));
    const args = ['rewrap', 'b.zip.age', '--recipient', bob.recipient, '--identity', 'alice.txt'];
    expect(await run(args)).toMatchObject({ code: 0 });
    expect(readFileSync(at('former.zip.age')).equals(former)).toBe(true);
    expect(readFileSync(at('b.zip.age')).equals(former)).toBe(false);
  });

  it.each<[string, string[], number, RegExp]>([
    ['with another identity', ['b.zip.age', '--identity', 'bob.txt'], 4, /belongs to none of its recipients/],
    ['without an identity', ['b.zip.age'], 2, /needs the identity that opens the archive now/],
    ['that is not encrypted', ['plain.zip', '--identity', 'alice.txt'], 4, /"plain.zip" is not encrypted/],
    ['with an AES key', ['aes.zip.crypt', '--identity', 'alice.txt'], 4, /encrypted with an AES key, which is wrapped/],
    ['that does not exist', ['none.zip.age', '--identity', 'alice.txt'], 4, /there is no file "none.zip.age"/],
    ['of standard input', ['-', '--identity', 'alice.txt'], 2, /in its place/],
  ])('refuses an archive %s, and changes nothing', async (_what, args, code, text) => {
    const before = readdirSync(host.folder).map((name) => [name, statSync(at(name)).mtimeMs]);
    const refused = await run(['rewrap', ...args, '--recipient', bob.recipient]);
    expect(refused).toMatchObject({ code, stderr: expect.stringMatching(text) });
    expect(readdirSync(host.folder).map((name) => [name, statSync(at(name)).mtimeMs])).toEqual(before);
  });

  it('needs recipients for a file, and takes no identity for one', async () => {
    const none = await run(['rewrap', 'b.zip.age', '--identity', 'alice.txt']);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/no recipients.*--recipient/) });
    const wrong = await run(['rewrap', 'b.zip.age', '--identity', 'alice.txt', '--recipient', bob.identity]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/it is an identity, which must stay secret/),
    });
    expect(wrong.stderr).not.toContain(bob.identity);
  });

  it('re-wraps a stored backup, and not its file behind the back of its summary', async () => {
    const app = ['--app', host.app];
    const [archive] = readdirSync(at('vault')).filter((name) => name.endsWith('.age'));
    const behind = await run(['rewrap', `vault/${archive}`, '--recipient', bob.recipient, '--identity', 'alice.txt']);
    expect(behind).toMatchObject({ code: 2, stderr: expect.stringMatching(/is in a destination.*DESTINATION:/) });
    const args = ['rewrap', 'vault:latest', ...app, '--recipient', bob.recipient, '--identity', 'alice.txt'];
    expect(await run(args)).toMatchObject({ code: 0 });
    const listed = await run(['list', ...app]);
    expect(String(listed.stdout)).toMatch(
      new RegExp(`KEYS[^]*${recipientId(bob.recipient).slice(0, 8)}[^]*NONE OF ITS KEYS IS CONFIGURED`),
    );
    expect(await run(['test', '--from', 'vault', ...app, '--identity', 'bob.txt'])).toMatchObject({ code: 0 });
    // Without --recipient it is for the recipients of the application.
    expect(await run(['rewrap', 'vault:latest', ...app, '--identity', 'bob.txt'])).toMatchObject({ code: 0 });
    const again = await run(['list', ...app, '--json']);
    const [{ manifest, ...backup }] = JSON.parse(String(again.stdout)) as [{ manifest: object }];
    expect(backup).toMatchObject({ result: 'success', origin: 'own', isKeyConfigured: true });
    expect(backup).toMatchObject({ testedAt: expect.any(String) });
    expect(manifest).toMatchObject({ keyIds: [recipientId(alice.recipient)] });
  });
});
