import { PackedHost } from '../fixtures/packed.js';

const CONSUMER = `
import { Module } from '@nestjs/common';
import { type Backup, BackupError, BackupModule, BackupService, RestoreService } from 'nestjs-backup';

@Module({ imports: [BackupModule.forRoot({ backupKey: 'a key', dataDirs: { files: '/data' }, isGlobal: true })] })
export class AppModule {
  constructor(readonly backups: BackupService, readonly restores: RestoreService) {}

  async make(): Promise<Backup> {
    const backup = await this.backups.create({ aesKey: Buffer.alloc(32) });
    // @ts-expect-error It is a boolean.
    await this.restores.restore(backup.stream, { replace: 'yes' });
    throw new BackupError('LOCKED', 'message');
  }
}
`;

const options = {
  target: 'es2022',
  lib: ['es2023'],
  module: 'nodenext',
  strict: true,
  experimentalDecorators: true,
  types: ['node'],
  skipLibCheck: false,
};

// Matrix hosts compile as both too, with declarations unchecked.
describe.each(process.env.TEST_LONG ? ['module', 'commonjs'] : ['module'])(
  'A consumer in TypeScript, of type "%s"',
  (type) => {
    let host: PackedHost;
    beforeAll(async () => {
      host = await PackedHost.make({ packages: ['@types/node'] });
      await host.write({ 'package.json': JSON.stringify({ type }), 'consumer.ts': CONSUMER });
    });
    afterAll(() => host.remove());

    it('compiles with every declaration checked and no optional peer installed', async () => {
      const complaints = await host.typeCheck(options);
      // What others declare is theirs.
      expect(complaints.filter((line) => /^(consumer|node_modules\/nestjs-backup)/.test(line))).toEqual([]);
      expect(complaints).toEqual([]);
    }, 120_000);
  },
);
