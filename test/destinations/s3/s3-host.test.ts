import { RestoreService } from 'nestjs-backup';
import { s3Bucket } from '../../../lib/s3/index.js';
import { engine } from '../../fixtures/databases.js';
import { S3Server } from '../../fixtures/s3-server.js';
import { AES_KEY } from '../../fixtures/secrets.js';
import { StoringHost } from '../../fixtures/storing-host.js';

describe('A host whose destination is a bucket', () => {
  let server: S3Server;
  let host: StoringHost;
  beforeAll(async () => {
    server = await S3Server.start();
    const bucket = s3Bucket({ ...server.options(), prefix: 'shop/' });
    host = await StoringHost.start(
      engine('better-sqlite3'),
      { bucket },
      { retention: { last: 1 }, encryptionKey: AES_KEY },
    );
    await host.addBulk();
  });
  afterAll(async () => {
    await host.close();
    await server.stop();
  });

  it('stores there, lists, verifies, and restores from it by ranges, without a copy', async () => {
    const { id, result } = await host.store.store({ destinations: ['bucket'], aesKey: AES_KEY });
    expect(result).toBe('success');
    expect(await host.store.list('bucket')).toMatchObject([{ id, result: 'success' }]);
    const restores = host.app.get(RestoreService);
    await restores.verify({ destination: 'bucket', id }, { aesKey: AES_KEY });
    await host.query('DELETE FROM note');
    await restores.restore({ destination: 'bucket', id: 'latest' }, { aesKey: AES_KEY, replace: true });
    expect(await host.query('SELECT text FROM note ORDER BY id')).toEqual(
      ['one', 'two', 'three'].map((text) => ({ text })),
    );
    expect(new Set(server.objectsRead())).toEqual(new Set(['206']));
  });

  it('is pruned there', async () => {
    const { id } = await host.store.store({ destinations: ['bucket'] });
    await host.store.prune('bucket');
    expect(await host.store.list('bucket')).toMatchObject([{ id }]);
  });
});
