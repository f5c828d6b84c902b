import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { BackupScheduleModule } from 'nestjs-backup/schedule';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    BackupScheduleModule.forRoot({ schedules: [{ cron: '0 3 * * *', destinations: ['vault'] }] }),
  ],
})
export class NightlyBackupsModule {}
