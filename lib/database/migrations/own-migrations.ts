/**
 * The library's own migration, which creates the table of the history. It changes no row and no table of the
 * application.
 */
export const HISTORY_MIGRATION = 'CreateBackupLog1795392000000';

/** Whether an archive matches a target although only one of them has run this migration. */
export function isOwnMigration(name: string): boolean {
  return name === HISTORY_MIGRATION;
}
