/** The library's own migration, which makes the table of the history. It changes no row and no table of the application. */
export const HISTORY_MIGRATION = 'CreateBackupLog1795392000000';

/** Whether an archive fits a target all the same, when one of them has run this migration and the other has not. */
export function isOwnMigration(name: string): boolean {
  return name === HISTORY_MIGRATION;
}
