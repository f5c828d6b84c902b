/** A value as an archive holds it, by its column's encoding; SQLite tags values of another class than the column's. */
export type ArchivedValue = null | boolean | number | string | Readonly<Record<string, string>>;

/** A row as an archive holds it: every stored column by its name. */
export type ArchivedRow = Record<string, ArchivedValue>;

/**
 * Changes rows on their way into an archive; null leaves a row out. Gets the table's name as it stands in the archive,
 * schema-qualified when it is not in the default schema.
 */
export type TransformRow = (table: string, row: ArchivedRow) => ArchivedRow | null;
