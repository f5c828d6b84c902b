import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { backupApp, readBackup } from '../fixtures/backup.js';
import { engine } from '../fixtures/databases.js';
import { blocksIn, root } from '../fixtures/documentation.js';
import { AES_KEY } from '../fixtures/secrets.js';

/** Programs take their time to start: the everyday run breaks the archive in one way, the long run in all. */
const long = Boolean(process.env.TEST_LONG);
const PAGE = 'docs/decrypting.md';
const SEGMENT = 1024 * 1024;
const run = promisify(execFile);

/** The page's program, the file that the page saves it as, and what shows that it can run here. */
const programs = [
  ['Python', 'python', 'decrypt.py', ['python3', '-c', 'import cryptography']],
  ['Go', 'go', 'decrypt.go', ['go', 'version']],
  ['Java', 'java', 'Decrypt.java', ['java', '-version']],
] as const;

describe('docs/decrypting.md', () => {
  let folder: string;
  let archive: Buffer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-decrypting-'));
    mkdirSync(join(folder, 'files'));
    // Not compressible: the archive takes four segments.
    writeFileSync(join(folder, 'files', 'noise.jpg'), randomBytes(3.3 * SEGMENT));
    const database = await engine('better-sqlite3').create();
    const app = await backupApp(database, {}, { dataDirs: { files: join(folder, 'files') } });
    await database.query('CREATE TABLE t (id int PRIMARY KEY)');
    archive = await buffer((await app.service.create({ aesKey: AES_KEY })).stream);
    await app.close();
    await database.drop();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const page = readFileSync(join(root, PAGE), 'utf8');

  it.each(programs)(
    'has a program in %s that gives back the ZIP, and nothing of a broken archive',
    async (...program) => {
      const [title, language, file, [command, ...ask]] = program;
      if (spawnSync(command, ask).status !== 0) return console.warn(`Skipped: ${title} is not installed here.`);
      const [block] = blocksIn(PAGE, language);
      expect(page).toContain(`Save as \`${file}\``);
      const said = blocksIn(PAGE, 'sh').find(({ code }) => code.includes(file))!.code;

      const decrypt = async (name: string, content: Buffer, key = AES_KEY) => {
        const place = join(folder, language, name);
        mkdirSync(place, { recursive: true });
        writeFileSync(join(place, file), block!.code);
        writeFileSync(join(place, 'key.txt'), `${key}\n`);
        writeFileSync(join(place, 'backup.zip.crypt'), content);
        const ended = await run('sh', ['-c', said], { cwd: place }).then(
          () => 0,
          ({ code }: { code: number }) => code,
        );
        const output = join(place, 'backup.zip');
        return { failed: ended !== 0, zip: existsSync(output) ? readFileSync(output) : undefined };
      };

      const whole = await decrypt('whole', archive);
      expect(whole.failed).toBe(false);
      const { manifest } = await readBackup(whole.zip!);
      expect(manifest.files.files).toEqual({ count: 1, bytes: Math.floor(3.3 * SEGMENT) });
      const changed = Buffer.from(archive);
      changed[2 * SEGMENT + 5]! ^= 1;
      const broken = {
        cut: archive.subarray(0, 2 * SEGMENT),
        'cut in a segment': archive.subarray(0, -1),
        changed,
        empty: Buffer.alloc(0),
        'a header alone': archive.subarray(0, 40),
        longer: Buffer.concat([archive, Buffer.alloc(SEGMENT)]),
      };
      const all = Object.entries(broken);
      for (const [name, content] of long ? all : [all[Math.floor(Math.random() * all.length)]!]) {
        expect({ name, ...(await decrypt(name, content)) }).toEqual({ name, failed: true, zip: undefined });
      }
      if (!long) return;
      expect(await decrypt('another key', archive, '0'.repeat(64))).toEqual({ failed: true, zip: undefined });
      const inBase64 = await decrypt('base64', archive, Buffer.from(AES_KEY, 'hex').toString('base64'));
      expect(inBase64.zip).toEqual(whole.zip);
    },
    120_000,
  );
});
