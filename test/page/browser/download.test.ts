import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BackupStore, localDirectory } from 'nestjs-backup';
import { launchProfile } from '../../fixtures/browser.js';
import { GatedReads } from '../../fixtures/gated-reads.js';
import { ENDPOINT, type Host } from '../../fixtures/host.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { BACKUP_KEY } from '../../fixtures/secrets.js';
import { TcpProxy } from '../../fixtures/tcp-proxy.js';
import { until } from '../../fixtures/wait.js';

const CUTS = 20;
const SIZE = process.env.TEST_LONG ? 5_000_000_000 : 60_000_000;
const WITHIN = process.env.TEST_LONG ? 900_000 : 60_000;

describeInBrowser('A download of the browser', (browsing) => {
  let folder: string;
  let host: Host;
  let vault: GatedReads;
  let wire: TcpProxy;
  let url: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-download-'));
    vault = new GatedReads(localDirectory(folder));
    host = await browsing.start({ options: { destinations: { vault }, compressionLevel: 0 } });
    const { proxy, options } = await TcpProxy.before({ url: host.url } as never);
    wire = proxy;
    url = new URL((options as { url: string }).url).origin;
    await pipeline(noise(SIZE), createWriteStream(join(host.dataDir, 'bulk.bin')));
    await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
    await rm(join(host.dataDir, 'bulk.bin'));
  }, WITHIN);
  afterAll(async () => {
    wire.close();
    await rm(folder, { recursive: true });
  });

  it(
    `is the stored archive, byte for byte, after its connection was cut ${CUTS} times and it was resumed`,
    async () => {
      const ranges: Array<string | undefined> = [];
      host.app
        .getHttpServer()
        .on('request', ({ url: asked, headers }: { url: string; headers: Record<string, string> }) => {
          if (asked.includes('/downloads/')) ranges.push(headers.range);
        });
      const archive = join(folder, (await readdir(folder)).find((name) => name.endsWith('.zip'))!);
      const { size } = await stat(archive);
      const profile = await launchProfile(folder, { cookie: 'user=system', url });
      try {
        const page = await profile.context.newPage();
        await page.goto(`${url}${ENDPOINT}page`);
        vault.allowed = Math.floor(size / (CUTS + 1));
        await page.getByRole('button', { name: /^Download/ }).click();
        await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
        await page.keyboard.press('Enter');
        const downloads = await profile.context.newPage();
        // Where a reader resumes a download by hand.
        await downloads.goto('chrome://downloads');
        for (let cut = 1; cut <= CUTS; cut++) {
          await vault.isWaiting();
          wire.cut();
          vault.allowed = Math.floor((size * (cut + 1)) / (CUTS + 1));
          await downloads.locator('#more-actions').click();
          // Until the browser has noticed the cut, the same item pauses.
          await downloads.locator('#pause-or-resume', { hasText: 'Resume' }).click();
        }
        vault.allowed = Infinity;
        let digest: string | undefined;
        const isWhole = async () => {
          const file = (await profile.saved()).find((one) => one.size === size);
          // The browser may be renaming it right now.
          digest = file && (await sha256(file.path).catch(() => undefined));
          return digest !== undefined;
        };
        await until('it is complete', isWhole, WITHIN);
        expect(ranges).toHaveLength(CUTS + 1);
        expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range!))).toBe(true);
        expect(digest).toBe(await sha256(archive));
      } finally {
        await profile.close();
      }
    },
    2 * WITHIN,
  );
});

function noise(bytes: number): Readable {
  const block = createHash('sha512').update('noise').digest();
  const piece = Buffer.alloc(1_000_000, block);
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes; at += piece.length) {
        const one = Buffer.from(piece);
        one.writeDoubleBE(at);
        yield one;
      }
    })(),
  );
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
