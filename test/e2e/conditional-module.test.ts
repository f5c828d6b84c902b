import { ConditionalModule, ConfigModule } from '@nestjs/config';
import { BackupModule } from 'nestjs-backup';
import { describeEachAdapter, LoginGuard } from '../fixtures/host.js';
import { BACKUP_KEY } from '../fixtures/secrets.js';

describeEachAdapter(
  'A Pro build by ConditionalModule of @nestjs/config',
  ({ start }) => {
    afterEach(() => {
      delete process.env.TEST_EDITION;
    });

    const startEdition = (edition?: string) => {
      if (edition) process.env.TEST_EDITION = edition;
      const backups = BackupModule.forRoot({ backupKey: BACKUP_KEY, guards: [LoginGuard] });
      const imports = () => [
        ConfigModule.forRoot({ ignoreEnvFile: true }),
        ConditionalModule.registerWhen(backups, ({ TEST_EDITION }) => TEST_EDITION === 'pro'),
      ];
      return start({ imports });
    };

    it('has the endpoint in the edition that is to have it', async () => {
      const host = await startEdition('pro');
      const answers = [await host.post(), await host.post({ headers: {} })];
      expect(answers.map(({ status }) => status)).toEqual([200, 401]);
    });

    it.each(['community', undefined])('has no route in the edition %s', async (edition) => {
      const host = await startEdition(edition);
      expect((await host.post()).status).toBe(404);
      expect(host.logs.filter((line) => line.includes('Mapped {'))).toEqual([]);
    });
  },
  'sql.js',
);
