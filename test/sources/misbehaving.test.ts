import { s3Prefix } from '../../lib/s3/index.js';
import { casesOf, MisbehavingBucket, SEED, sampledCases } from '../fixtures/misbehaving-bucket.js';
import { S3Server } from '../fixtures/s3-server.js';
import { until } from '../fixtures/wait.js';
import { attributesOf, filesOf } from './conformance.js';
import { BROUGHT, OLD } from './replaced-store.js';
import { StoreHost } from './store-host.js';

const MIB = 1024 * 1024;
/** As long as nothing may move; the SDK asks three times. A busy machine needs more where it is to answer. */
const [TIMEOUT, ANSWERING] = [500, 10_000];
/** One of them goes in parts. */
const NEW = { ...BROUGHT, 'huge.jpg': 'x'.repeat(6 * MIB) };
/** The restore has happened; what is left of it, the next backup or restore does. */
const COMMITTED = ['done', 'RESTORE_UNFINISHED', 'OUTCOME_UNKNOWN'];
const NOT_COMMITTED = ['RESTORE_FAILED', 'RESTORE_REFUSED', 'DIRECTORY_UNREADABLE'];

const asListed = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [path, Buffer.from(text).toString('latin1')]));

/** What happens to which request of a restore; that of copies most of all, since that is how files come to their places. */
const CASES = casesOf(
  'copy',
  'put',
  'create-upload',
  'upload-part',
  'complete-upload',
  'list',
  'head',
  'get',
  'delete',
);
const COPIES = CASES.filter(({ operation }) => operation === 'copy');

describe(`A data directory in a bucket that misbehaves (TEST_SEED=${SEED})`, () => {
  let server: S3Server;
  let bucket: MisbehavingBucket;
  let host: StoreHost;
  beforeAll(async () => {
    server = await S3Server.start();
    bucket = await MisbehavingBucket.before(server.url);
  });
  afterEach(async () => {
    bucket.behave();
    await host.close();
    await server.clear();
  });
  afterAll(async () => {
    bucket.close();
    await server.stop();
  });

  const sound = (prefix = 'shop/') => s3Prefix({ ...server.options(), prefix });
  const plant = async (files: Record<string, string>) => {
    for (const [path, content] of Object.entries(files)) {
      await sound().put(path, Buffer.from(content), attributesOf(path));
    }
  };

  it.each([...sampledCases(COPIES, 3), ...sampledCases(CASES, 5)])(
    'is as it was or as it was saved, together with the rows: $operation $fault (request $at, $times times)',
    async ({ operation, fault, at, times }) => {
      const timeout = fault === 'silent' ? TIMEOUT : ANSWERING;
      const options = { ...server.options(bucket.address), prefix: 'shop/', partBytes: 5 * MIB, timeout };
      host = await StoreHost.start(s3Prefix(options));
      await plant(NEW);
      const then = await host.local();
      const archive = await host.backUp();
      await server.clear();
      await plant(OLD);
      await host.change('changed');
      const now = await host.local();

      bucket.misbehave(fault, { operation, at, times });
      const how = await host.restore(archive).then(
        () => 'done',
        ({ code }: { code?: string }) => code,
      );
      expect([...COMMITTED, ...NOT_COMMITTED]).toContain(how);
      await host.host.unlocked();
      bucket.behave();
      await host.recover();

      const isCommitted = COMMITTED.includes(how!);
      expect(await host.local()).toEqual(isCommitted ? then : now);
      expect(await filesOf(sound())).toEqual(asListed(isCommitted ? NEW : OLD));
      expect(await filesOf(sound('shop/.nestjs-backup/'))).toEqual({});
      await until('uploads are gone', () => server.openUploads().length === 0, 15_000);
    },
    120_000,
  );
});
