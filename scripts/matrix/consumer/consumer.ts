import { Module } from '@nestjs/common';
import { type Backup, BackupError, BackupModule, BackupService, localDirectory, RestoreService } from 'nestjs-backup';
import { BackupHealthIndicator } from 'nestjs-backup/health';
import { awsKms } from 'nestjs-backup/kms';
import { BackupQueueModule } from 'nestjs-backup/queue';
import { s3Bucket } from 'nestjs-backup/s3';
import { BackupScheduleModule } from 'nestjs-backup/schedule';

const recipients = [awsKms({ keyId: 'alias/backups' })];
const destinations = { vault: localDirectory('/vault'), bucket: s3Bucket({ bucket: 'backups' }) };

@Module({
  imports: [
    BackupModule.forRoot({
      backupKey: 'a key',
      dataDirs: { files: '/data' },
      destinations,
      recipients,
      isGlobal: true,
    }),
  ],
})
export class AppModule {
  readonly others = [BackupHealthIndicator, BackupQueueModule, BackupScheduleModule];

  constructor(
    readonly backups: BackupService,
    readonly restores: RestoreService,
  ) {}

  async make(): Promise<Backup> {
    const backup = await this.backups.create({ aesKey: Buffer.alloc(32) });
    // @ts-expect-error It is a boolean.
    await this.restores.restore(backup.stream, { replace: 'yes' });
    throw new BackupError('LOCKED', 'message');
  }
}
