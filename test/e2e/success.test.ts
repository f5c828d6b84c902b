import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CryptoService } from 'nestjs-backup';
import { readBackup } from '../fixtures/backup.js';
import { body, describeEachAdapter, type Host } from '../fixtures/host.js';
import { seed } from '../fixtures/host-entities.js';
import { AES_KEY, AES_KEY_BASE64 } from '../fixtures/secrets.js';

const encryptedBody = { ...body, aes_key: AES_KEY };
/** What Node, Express and the connection add by themselves. */
const NOT_OURS = ['date', 'connection', 'x-powered-by', 'keep-alive'];

describeEachAdapter('A backup over HTTP', ({ start }) => {
  let host: Host;
  beforeAll(async () => {
    host = await start({ options: { appVersion: '1.2.3' } });
    await seed(host.dataSource);
  });

  it('has exactly these headers', async () => {
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    const { status, headers, bytes } = await host.post();
    expect(status).toBe(200);
    const ours = Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_OURS.includes(name)));
    expect(ours).toEqual({
      'content-type': 'application/zip',
      'content-disposition': expect.stringMatching(/^attachment; filename="backup-\d{8}T\d{6}Z\.zip"$/),
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-backup-id': (await readBackup(bytes)).manifest.id,
      'transfer-encoding': 'chunked',
    });
    const [, ...time] = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(ours['content-disposition'] as string)!;
    const [year, month, ...rest] = time.map(Number) as [number, number, number, number, number, number];
    const named = Date.UTC(year, month - 1, ...rest);
    expect(named).toBeGreaterThanOrEqual(before);
    expect(named).toBeLessThanOrEqual(Date.now());
  });

  it('is a ZIP with every row and file, and the manifest last', async () => {
    const { bytes } = await host.post();
    const backup = await readBackup(bytes);
    expect(backup.names.slice(0, 3)).toEqual(['VERSION', 'migrations.json', 'backup.jsonl']);
    expect(backup.names.slice(3, -1).toSorted()).toEqual([
      'files/',
      'files/deep/',
      'files/deep/er/',
      'files/deep/er/picture.png',
      'files/ä.txt',
    ]);
    expect(backup.names.at(-1)).toBe('manifest.json');
    expect(backup.text.VERSION).toBe('1.2.3');
    expect(backup.of('project')).toHaveLength(2);
    expect(backup.of('finding')).toHaveLength(6);
    expect(backup.manifest.complete).toBe(true);
  });

  it.each([AES_KEY, AES_KEY_BASE64])('is encrypted when an AES key comes along (%#)', async (aes_key) => {
    const { headers, bytes } = await host.post({ body: { ...body, aes_key } });
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-disposition']).toMatch(/^attachment; filename="backup-\d{8}T\d{6}Z\.zip\.crypt"$/);
    await expect(readBackup(bytes)).rejects.toThrow();
    const crypto = host.app.get(CryptoService, { strict: false });
    const plain = await buffer(Readable.from([bytes]).pipe(crypto.createDecryptor(crypto.parseAesKey(AES_KEY))));
    const { manifest, of } = await readBackup(plain);
    expect(manifest.id).toBe(headers['x-backup-id']);
    expect(of('finding')).toHaveLength(6);
  });

  it('may be followed by the next one directly after its last byte, twenty times', async () => {
    for (let time = 0; time < 20; time++) {
      const { status } = await host.post({ body: time % 2 ? encryptedBody : body });
      expect(status).toBe(200);
    }
  });

  it('keeps a connection that is kept alive usable', async () => {
    const { Agent } = await import('node:http');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let time = 0; time < 3; time++) {
      expect((await readBackup((await host.post({ agent })).bytes)).of('finding')).toHaveLength(6);
    }
    agent.destroy();
  });
});
