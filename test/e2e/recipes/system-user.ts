import { BackupModule } from 'nestjs-backup';
import { DataSource } from 'typeorm';
import { JwtGuard } from './jwt.js';
import { User } from './users.js';

/** A token says who somebody is, the database whether they still are a system user. */
export const backups = BackupModule.forRootAsync({
  inject: [DataSource],
  useFactory: (dataSource: DataSource) => ({
    backupKey: process.env.BACKUP_KEY,
    isSystemUser: async ({ sub }: { sub: number }) => {
      const user = await dataSource.getRepository(User).findOneBy({ id: sub });
      return user?.isSystemUser === true;
    },
  }),
  guards: [JwtGuard],
});
