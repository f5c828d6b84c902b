export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  /** Right-aligned, for figures. */
  readonly right?: boolean;
  /** Omitted if all of its cells are empty. */
  readonly isOptional?: boolean;
}

/** Rows below a line of titles, each column as wide as its widest cell, two spaces between them. */
export function table<Row>(all: ReadonlyArray<Column<Row>>, rows: readonly Row[]): string[] {
  const columns = all.filter(({ isOptional, of }) => !isOptional || rows.some((row) => of(row) !== ''));
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map((column) => column.of(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]!.length)));
  return cells.map((line) =>
    line
      .map((cell, at) => (columns[at]!.right ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd(),
  );
}
