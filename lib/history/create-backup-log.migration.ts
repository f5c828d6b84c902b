import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { HISTORY_MIGRATION } from '../database/migrations/own-migrations.js';
import { BackupLog } from './backup-log.entity.js';

/** Makes the table of `BackupLog`, for hosts that do not `synchronize`. */
export class CreateBackupLog1795392000000 implements MigrationInterface {
  readonly name = HISTORY_MIGRATION;

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(tableOf(runner), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(tableOf(runner), true);
  }
}

/** As the host's naming strategy, prefix and schema have it. */
function tableOf({ connection }: QueryRunner): Table {
  return Table.create(connection.getMetadata(BackupLog), connection.driver);
}
