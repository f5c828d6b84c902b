import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { HISTORY_MIGRATION } from '../database/migrations/own-migrations.js';
import { BackupLog } from './backup-log.entity.js';

/** Creates the table of `BackupLog`, for applications that do not `synchronize`. */
export class CreateBackupLog1795392000000 implements MigrationInterface {
  readonly name = HISTORY_MIGRATION;

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(tableOf(runner), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(tableOf(runner), true);
  }
}

/** According to the application's naming strategy, prefix and schema. */
function tableOf({ connection }: QueryRunner): Table {
  return Table.create(connection.getMetadata(BackupLog), connection.driver);
}
