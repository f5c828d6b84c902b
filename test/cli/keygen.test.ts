import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import decode from 'jsqr';
import { recipientId } from '../../lib/crypto/age/recipients.js';
import { aesKeyId } from '../../lib/crypto/archive-key.js';
import { CliHost } from '../fixtures/cli.js';
import { secret } from '../fixtures/secrets.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(180_000);

/** The package is CommonJS, and says that it is an ES module. */
const jsQR = ('default' in decode ? decode.default : decode) as typeof import('jsqr').default;
const SCALE = 4;

/** What a telephone reads of a picture: rows of modules, of which some are dark. */
function read(size: number, isDark: (x: number, y: number) => boolean): string | undefined {
  const width = size * SCALE;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      if (isDark(Math.floor(x / SCALE), Math.floor(y / SCALE))) pixels.fill(0, at, at + 3);
    }
  }
  return jsQR(pixels, width, width)?.data;
}

function readPicture(html: string): string | undefined {
  const [, size] = /viewBox="0 0 (\d+) \1"/.exec(html)!;
  const dark = new Set([...html.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => `${x} ${y}`));
  return read(Number(size), (x, y) => dark.has(`${x} ${y}`));
}

function readBlocks(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => /^ {4}[ ▀▄█]*[▀▄█][ ▀▄█]*$/.test(line));
  // The margin above consists of empty lines.
  const rows = lines.flatMap((line) => ['▀█', '▄█'].map((half) => [...line.slice(4)].map((one) => half.includes(one))));
  const size = Math.max(...rows.map(({ length }) => length)) + 8;
  return read(size, (x, y) => rows[y - 4]?.[x] ?? false);
}

describe('nestjs-backup keygen', () => {
  let host: CliHost;
  const at = (name: string) => join(host.folder, name);
  const run = (...args: string[]) => host.run(args);
  const modeOf = (name: string) => statSync(at(name)).mode & 0o777;
  beforeAll(async () => {
    host = await CliHost.make();
  });
  afterAll(() => host.remove());

  it.each([
    ['html', readPicture, []],
    ['txt', readBlocks, []],
    ['html', readPicture, ['--pq']],
  ] as const)('makes a recovery kit of %s from which the key alone opens archives', async (ending, readCode, flags) => {
    const [name, kit] = [`key-${ending}${flags.length}.txt`, `kit${flags.length}.${ending}`];
    const made = await run('keygen', '-o', name, '--kit', kit, ...flags);
    expect(made.code).toBe(0);
    const [, recipient, keyId] = /^Public key: (age1\S+)\nKey id: ([0-9a-f]{16})\n$/.exec(String(made.stdout))!;
    expect(keyId).toBe(recipientId(recipient!));
    expect([modeOf(name), modeOf(kit)]).toEqual([0o600, 0o600]);
    const content = readFileSync(at(kit), 'utf8');
    const identity = secret(readFileSync(at(name), 'utf8').split('\n')[2]!);
    for (const part of [identity, recipient!, keyId!, 'age -d -i key.txt', 'verify backup-….zip.age --identity']) {
      expect(content).toContain(part);
    }
    const scanned = readCode(content);
    expect(scanned).toBe(identity);
    writeFileSync(at('scanned.txt'), `${scanned}\n`);
    const archive = `${name}.zip.age`;
    const app = ['--app', host.app];
    expect(await run('create', ...app, '-o', archive, '--recipient', recipient!)).toMatchObject({ code: 0 });
    expect(await run('verify', archive, '--identity', 'scanned.txt')).toMatchObject({ code: 0 });
  });

  it('makes an AES key, and a kit with the programs that decrypt without the library', async () => {
    const made = await run('keygen', '--aes', '-o', 'backup.key', '--kit', 'aes.html');
    expect(made.code).toBe(0);
    const key = secret(readFileSync(at('backup.key'), 'utf8').trim());
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(String(made.stdout)).toBe(`Key id: ${aesKeyId(Buffer.from(key, 'hex'))}\n`);
    const content = readFileSync(at('aes.html'), 'utf8');
    expect(readPicture(content)).toBe(key);
    for (const part of ['--key-file key.txt', 'zip.crypt', 'def decrypt(key, source, target)', 'class Decrypt', key]) {
      expect(content).toContain(part);
    }
    expect([modeOf('backup.key'), modeOf('aes.html')]).toEqual([0o600, 0o600]);
    const encrypted = ['create', '--app', host.app, '-o', 'k.zip.crypt', '--encrypt', '--key-file', 'backup.key'];
    expect(await run(...encrypted)).toMatchObject({ code: 0 });
    expect(await run('verify', 'k.zip.crypt', '--key-file', 'backup.key')).toMatchObject({ code: 0 });
  });

  it.each<[string, string[], RegExp]>([
    ['an existing kit', ['-o', 'new.txt', '--kit', 'taken.html'], /"\S+taken.html" already exists/],
    ['an existing key', ['-o', 'taken.txt', '--kit', 'new.html'], /"\S+taken.txt" already exists/],
    ['another format', ['-o', 'new.txt', '--kit', 'new.pdf'], /neither in \.html nor in \.txt/],
    ['one file for both', ['-o', 'new.txt', '--kit', 'new.txt'], /would be the same file/],
    ['two kinds of keys', ['-o', 'new.txt', '--aes', '--pq'], /contradict each other/],
  ])('refuses %s, and writes nothing', async (_what, args, message) => {
    for (const name of ['taken.html', 'taken.txt']) writeFileSync(at(name), 'taken');
    const before = readdirSync(host.folder);
    const refused = await run('keygen', ...args);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    expect(readdirSync(host.folder)).toEqual(before);
    expect(readFileSync(at('taken.html'), 'utf8') + readFileSync(at('taken.txt'), 'utf8')).toBe('takentaken');
  });
});
