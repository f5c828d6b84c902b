import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CryptoService } from 'nestjs-backup';
import { readBackup } from '../fixtures/backup.js';
import { type CurlAsk, curlLines, runCurl } from '../fixtures/curl-lines.js';
import { describeEachAdapterAndEngine, ENDPOINT, type Host } from '../fixtures/host.js';
import { seed } from '../fixtures/host-entities.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { expectReadersAccept, installedReaders, readWith } from '../fixtures/zip.js';

const checks = curlLines.filter((line) => line.includes('"check": true'));
const downloads = curlLines.filter((line) => !checks.includes(line));
const plain = downloads.filter((line) => !line.includes('aes_key'));
const encrypted = downloads.filter((line) => line.includes('aes_key'));
/** What somebody may have of yesterday. */
const YESTERDAY = ['backup', 'backup.zip', 'backup.zip.crypt', 'backup-20200101T000000Z.zip'];

describeEachAdapterAndEngine('A curl line of the documentation', ({ start }) => {
  let host: Host;
  let folder: string;

  beforeAll(async () => {
    host = await start({ options: { wrongKeys: { limit: 1_000 } } });
    await seed(host.dataSource);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-curl-'));
    for (const name of YESTERDAY) await writeFile(join(folder, name), `a good ${name}`);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const curl = (line: string, ask: Partial<CurlAsk> = {}) =>
    runCurl(line, { folder, url: new URL(ENDPOINT.slice(0, -1), host.url).href, ...ask });
  /** Names that are new; what was there is as it was. */
  const made = async () => {
    for (const name of YESTERDAY) expect(await readFile(join(folder, name), 'utf8')).toBe(`a good ${name}`);
    return (await readdir(folder)).filter((name) => !YESTERDAY.includes(name));
  };

  it('is there: two plain ones, one encrypted, and one that only asks', () => {
    expect([plain.length, encrypted.length, checks.length]).toEqual([2, 1, 1]);
  });

  it.each(plain)(
    'gives an archive that every common tool accepts, with the rows that the database counts (%#)',
    async (line) => {
      expect(await curl(line)).toMatchObject({ code: 0 });
      const names = await made();
      expect(names).toEqual([expect.stringMatching(/^backup-\d{8}T\d{6}Z\.zip$/)]);
      const file = join(folder, names[0]!);
      const { manifest, lines, text } = await readBackup(await readFile(file));
      await expectReadersAccept(
        file,
        Object.entries(text).map(([name, content]) => [name, Buffer.byteLength(content)]),
      );
      for (const { name, rows } of manifest.tables) {
        const counted = await host.dataSource.query(`SELECT count(*) AS n FROM ${name}`);
        const written = lines.filter(({ model }) => model === name).length;
        expect({ name, rows, written }).toEqual({ name, rows: Number(counted[0].n), written: rows });
      }
      expect(lines).toHaveLength(8);
    },
  );

  it.each(encrypted)(
    'gives an encrypted one that no tool opens, and that opens with its key alone (%#)',
    async (line) => {
      expect(await curl(line)).toMatchObject({ code: 0 });
      const names = await made();
      expect(names).toEqual([expect.stringMatching(/^backup-\d{8}T\d{6}Z\.zip\.crypt$/)]);
      const file = join(folder, names[0]!);
      for (const reader of await installedReaders()) await expect(readWith(reader, file)).rejects.toThrow();

      const crypto = new CryptoService();
      const open = async (key: string) => {
        const decrypted = Readable.from([await readFile(file)]).compose(
          crypto.createDecryptor(crypto.parseAesKey(key)),
        );
        return buffer(decrypted);
      };
      await expect(open('0'.repeat(64))).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
      const decrypted = join(folder, 'decrypted.zip');
      await writeFile(decrypted, await open(AES_KEY));
      const { text, lines } = await readBackup(await readFile(decrypted));
      await expectReadersAccept(
        decrypted,
        Object.entries(text).map(([name, content]) => [name, Buffer.byteLength(content)]),
      );
      expect(lines).toHaveLength(8);
    },
  );

  it.each(downloads)('ends with an error and writes nothing when it is refused (%#)', async (line) => {
    for (const refused of [{ user: 'regular' }, { user: 'nobody' }, { key: secret('a wrong backup key') }]) {
      expect((await curl(line, refused)).code).toBe(22);
      expect(await made()).toEqual([]);
    }
  });

  it.each(downloads)(
    'ends with an error and leaves older archives alone when its connection breaks (%#)',
    async (line) => {
      const large = join(host.dataDir, 'large.jpg');
      await writeFile(large, randomBytes(16_000_000));
      const running = curl(line, { flags: '--limit-rate 1M' });
      await until(
        'the archive has begun to arrive',
        async () => {
          const sizes = await Promise.all((await made()).map((name) => stat(join(folder, name))));
          return sizes.some(({ size }) => size > 0);
        },
        10_000,
      );
      host.app.getHttpServer().closeAllConnections();
      expect((await running).code).not.toBe(0);
      await made();
      await rm(large);
      await host.unlocked();
    },
  );

  it.each(checks)('tells why a backup would be refused, and makes none (%#)', async (line) => {
    expect(await curl(line)).toEqual({ code: 0, stdout: '{"ok":true}' });
    const { stdout } = await curl(line, { user: 'regular' });
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'NOT_SYSTEM_USER',
      message: expect.stringContaining('isSystemUser'),
    });
    expect(await made()).toEqual([]);
  });
});
