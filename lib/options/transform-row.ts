/** A value as an archive holds it, in its column's encoding; for SQLite, values of another class than the column's are tagged. */
export type ArchivedValue = null | boolean | number | string | Readonly<Record<string, string>>;

/** A row as an archive holds it: every stored column by its name. */
export type ArchivedRow = Record<string, ArchivedValue>;

/**
 * Changes rows on their way into an archive; null leaves a row out. Receives the table's name as in the archive,
 * schema-qualified when it is not in the default schema.
 */
export type TransformRow = (table: string, row: ArchivedRow) => ArchivedRow | null;
