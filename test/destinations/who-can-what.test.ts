import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { BackupService, RestoreService } from 'nestjs-backup';
import { describeBackup } from '../../lib/backup/backup-name.js';
import { Recipients } from '../../lib/crypto/age/recipients.js';
import { encryptStream } from '../../lib/crypto/archive-key.js';
import { StatusService } from '../../lib/status/status.service.js';
import { Marks } from '../../lib/store/marks.js';
import { summarize, writeStoredManifest } from '../../lib/store/stored-manifest.js';
import { archiveName, manifestName } from '../../lib/store/stored-names.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { engine } from '../fixtures/databases.js';
import { tableBelow } from '../fixtures/documentation.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { madeAnew, type Part, part, type SigningPair, signingPair, takeApart, unsigned } from '../fixtures/signing.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { sourceOf } from '../unit/restore/support/made-archive.js';
import { retentionKey } from './shared-vault.js';

jest.setTimeout(120_000);

/** What somebody has. */
interface Hand {
  readonly identity?: string;
  readonly recipient?: string;
  readonly signing?: SigningPair;
  readonly seals?: boolean;
}

const [head, ...rows] = tableBelow('SECURITY.md', 'With signatures');

describe('Who can do what with which key, by SECURITY.md', () => {
  let host: StoringHost;
  let vault: MemoryDestination;
  let own: SigningPair;
  let reader: KeyPair;
  let parts: Part[];
  beforeAll(async () => {
    [own, reader, vault] = [signingPair(), await keyPair(), new MemoryDestination()];
    const options = { recipients: [reader.recipient], signingKey: own.pem, trustedSigners: [own.line], retentionKey };
    const retention = { retention: { last: 1 } };
    host = await StoringHost.start(engine('better-sqlite3'), { vault }, { ...options, ...retention });
    parts = await takeApart(await buffer((await host.app.get(BackupService).create({ plaintext: true })).stream));
  });
  afterAll(() => host.close());
  beforeEach(() => vault.objects.clear());

  const HANDS: Record<string, () => Hand> = {
    'no key': () => ({}),
    'the recipient': () => ({ recipient: reader.recipient }),
    'the identity': () => ({ identity: reader.file, recipient: reader.recipient }),
    'the public key of the signer': () => ({ recipient: reader.recipient }),
    'a signing key of their own': () => ({ recipient: reader.recipient, signing: signingPair() }),
    '`retentionKey`': () => ({ recipient: reader.recipient, seals: true }),
    '`signingKey`': () => ({ recipient: reader.recipient, signing: own }),
    '`signingKey`, `retentionKey`': () => ({ recipient: reader.recipient, signing: own, seals: true }),
  };

  const restores = () => host.app.get(RestoreService);

  /** A backup that says something else than any that the application has made. */
  async function forged({ recipient, signing }: Hand, id: string, createdAt: Date): Promise<Buffer> {
    const changed = parts.map((one) => ({ ...one }));
    const lines = part(changed, 'backup.jsonl');
    lines.content = Buffer.from(String(lines.content).replace('two', 'forged'));
    const plain = await madeAnew(
      changed,
      (manifest) => ({
        ...unsigned(manifest),
        id,
        createdAt: createdAt.toISOString(),
        ...(signing && { signer: signing.fingerprint }),
      }),
      signing && ((text) => signing.key.sign(text, 'nestjs-backup')),
    );
    if (!recipient) return plain;
    const key = await (await Recipients.parse([recipient])).wrap();
    return buffer(encryptStream(Readable.from([plain]), key));
  }

  const CAN: Record<string, (hand: Hand) => Promise<boolean>> = {
    'reads a backup': async ({ identity }) => {
      await host.store.store({ destinations: ['vault'] });
      return restores()
        .inspect({ destination: 'vault', id: 'latest' }, { identity })
        .then(
          () => true,
          () => false,
        );
    },
    'makes one that is restored': async (hand) => {
      const bytes = await forged(hand, randomUUID(), new Date());
      const restored = await restores()
        .restore(sourceOf(bytes), { identity: reader.file, replace: true })
        .then(
          () => true,
          () => false,
        );
      const texts = (await host.query('SELECT text FROM note')).map(({ text }) => text);
      expect(texts.includes('forged')).toBe(restored);
      await host.query(`UPDATE note SET text = 'two' WHERE text = 'forged'`);
      return restored;
    },
    'makes one that counts': async (hand) => {
      const { id: real } = await host.store.store({ destinations: ['vault'] });
      const [id, at] = [randomUUID(), new Date(Date.now() + 1)];
      const bytes = await forged(hand, id, at);
      const archive = archiveName(describeBackup(at, hand.recipient ? 'age' : 'none').filename, id);
      const manifest = { ...JSON.parse(String(part(parts, 'manifest.json').content)), id, createdAt: at.toISOString() };
      const summary = summarize(manifest, { encrypted: hand.recipient !== undefined, bytes: bytes.length });
      const seal = hand.seals ? await host.seal() : null;
      const beside = manifestName(archive);
      vault.objects.set(archive, bytes);
      vault.objects.set(beside, await writeStoredManifest(summary, beside, new Marks(seal, hand.signing?.key ?? null)));
      const listed = await host.store.list('vault');
      const newest = await host.store.newestGood('vault', listed);
      const status = host.app.get(StatusService, { strict: false });
      status.lookAgain();
      const [place] = await status.places();
      const { deleted } = await host.store.prune('vault');
      const counts = deleted.includes(real);
      expect([newest?.id, place!.bytes]).toEqual(counts ? [id, bytes.length] : [real, expect.any(Number)]);
      if (!counts) expect(place!.bytes).not.toBe(bytes.length);
      return counts;
    },
  };

  it('has a row for every key, and nothing else', () => {
    expect(head!.slice(1)).toEqual(Object.keys(CAN));
    expect(rows.map(([key]) => key)).toEqual(Object.keys(HANDS));
  });

  const cells = rows.flatMap(([key, ...answers]) =>
    answers.map((answer, at) => [`${key}: ${head![at + 1]}: ${answer}`, key!, head![at + 1]!, answer!] as const),
  );
  it.each(cells)('holds for %s', async (_title, key, what, answer) => {
    await host.unlocked();
    expect((await CAN[what]!(HANDS[key]!())) ? 'yes' : 'no').toBe(answer);
  });
});
