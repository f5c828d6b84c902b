import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost } from '../fixtures/cli.js';
import { describeEngine, type EngineName, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { type HostileEntry, hostileZip } from '../fixtures/hostile-zip.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { zipEntries } from '../fixtures/zip.js';

/** All of them are tried on the reader itself, before any engine is asked. */
const NAMES = 3;

const HOSTILE: Array<[what: string, entry: HostileEntry, says: RegExp]> = [
  ['that climbs out', { name: 'files/../../climbed.txt' }, /"files\/\.\.\/\.\.\/climbed\.txt".*leaves its directory/],
  ['that climbs out of the archive', { name: '../climbed.txt' }, /"\.\.\/climbed\.txt".*leaves its directory/],
  ['that is absolute', { name: '/tmp/absolute.txt' }, /"\/tmp\/absolute\.txt".*absolute path/],
  ['with a drive letter', { name: 'C:/drive.txt' }, /"C:\/drive\.txt".*drive letter/],
  ['with a backslash', { name: 'files\\..\\back.txt' }, /back\.txt".*backslash/],
  ['with a NUL byte', { name: 'files/a.txt\0.png' }, /"files\/a\.txt\\u0000\.png".*NUL/],
  ['that is there twice', { name: 'files/a.txt' }, /"files\/a\.txt" appears twice/],
  [
    'of a symbolic link',
    { name: 'files/link', content: '/etc/passwd', mode: 0o120777 },
    /"files\/link".*symbolic link/,
  ],
  ['in the staging folder', { name: 'files/.nestjs-backup/journal.json' }, /journal\.json".*reserved name/],
  ['of a directory that the host does not know', { name: 'elsewhere/x' }, /elsewhere/],
];

const ENGINES: readonly EngineName[] = ['postgres', 'mariadb', 'mysql', 'better-sqlite3'];

describe.each(everyday(offered(ENGINES), 1))('%s', (name) => {
  describeEngine('A restore by the command line changes nothing and answers 4', name, (engine) => {
    let host: CliHost;
    let honest: HostileEntry[];

    beforeAll(async () => {
      host = await CliHost.make(engine);
      expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
      const entries = await zipEntries(readFileSync(join(host.folder, 'b.zip')));
      honest = entries.map(({ name, content }) => ({ name, content }));
      await host.database.query(`UPDATE note SET text = 'mine'`);
      writeFileSync(join(host.files, 'mine.txt'), 'mine');
    });
    afterAll(() => host.remove());

    /** Restores from an archive, which must be refused in these words. */
    async function expectRefused(archive: Buffer, says: RegExp, ...args: string[]): Promise<void> {
      const before = await host.state();
      writeFileSync(join(host.folder, 'hostile'), archive);
      const { code, stderr } = await host.run(['restore', 'hostile', '--app', host.app, '--replace', ...args]);
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringMatching(says) });
      expect(await host.state()).toEqual(before);
    }

    /** The host's own archive, honest but for one entry. */
    const archiveWith = (hostile: HostileEntry): Buffer =>
      hostileZip([...honest.slice(0, -1), hostile, ...honest.slice(-1)]);

    it('is not refused when it is honest', async () => {
      writeFileSync(join(host.folder, 'honest.zip'), hostileZip(honest));
      expect(await host.run(['verify', 'honest.zip'])).toMatchObject({ code: 0 });
    });

    it.each(everyday(HOSTILE, NAMES))('to an archive with a name %s', (_, entry, says) =>
      expectRefused(archiveWith(entry), says),
    );

    it('to an archive without a manifest', () =>
      expectRefused(hostileZip(honest.slice(0, -1)), /incomplete: "manifest\.json"/));

    it('to a wrong key', async () => {
      const env = { BACKUP_AES_KEY: AES_KEY };
      await host.run(['create', '--app', host.app, '--encrypt', '-o', 'b.crypt'], { env });
      writeFileSync(join(host.folder, 'key'), '0'.repeat(64));
      await expectRefused(readFileSync(join(host.folder, 'b.crypt')), /key is wrong/, '--key-file', 'key');
    });
  });
});
