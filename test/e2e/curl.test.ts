import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { CryptoService } from 'nestjs-backup';
import { readBackup } from '../fixtures/backup.js';
import { seed } from '../fixtures/host-entities.js';
import { asSystem, describeEachAdapterAndEngine, ENDPOINT, type Host } from '../fixtures/host.js';
import { AES_KEY, BACKUP_KEY } from '../fixtures/secrets.js';
import { expectReadersAccept, installedReaders, readWith } from '../fixtures/zip.js';

const run = promisify(execFile);

describeEachAdapterAndEngine('The two curl lines of the manual', ({ start }) => {
  let host: Host;
  let folder: string;

  /** `curl -X POST <url> -d <body> -H <session> -H "Content-Type: application/json" -o <file>` */
  const curl = async (body: object, file: string) => {
    const user = `x-user: ${asSystem['x-user']}`;
    const headers = ['-H', user, '-H', 'Content-Type: application/json'];
    const url = new URL(ENDPOINT, host.url).href;
    await run('curl', ['-sS', '--fail', '-X', 'POST', url, '-d', JSON.stringify(body), ...headers, '-o', file]);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-curl-'));
    host = await start();
    await seed(host.dataSource);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('give an archive that every common tool accepts, with the rows that the database counts', async () => {
    const file = join(folder, 'backup.zip');
    await curl({ key: BACKUP_KEY }, file);
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
  });

  it('give an encrypted one that no tool opens, and that opens with its key alone', async () => {
    const file = join(folder, 'backup.zip.crypt');
    await curl({ key: BACKUP_KEY, aes_key: AES_KEY }, file);
    for (const reader of await installedReaders()) await expect(readWith(reader, file)).rejects.toThrow();

    const crypto = new CryptoService();
    const open = async (key: string) => {
      const decrypted = Readable.from([await readFile(file)]).compose(crypto.createDecryptor(crypto.parseAesKey(key)));
      return buffer(decrypted);
    };
    await expect(open('0'.repeat(64))).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    const plain = join(folder, 'decrypted.zip');
    await writeFile(plain, await open(AES_KEY));
    const { text, lines } = await readBackup(await readFile(plain));
    await expectReadersAccept(
      plain,
      Object.entries(text).map(([name, content]) => [name, Buffer.byteLength(content)]),
    );
    expect(lines).toHaveLength(8);
  });
});
