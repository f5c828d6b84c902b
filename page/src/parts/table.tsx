import type { ComponentChildren } from 'preact';

/** A row: what it is about, and a cell for each further column. */
export type TableRow = readonly [name: string, ...cells: ComponentChildren[]];

/** A table whose rows have names, which are different. */
export function Table({ caption, columns, rows }: { caption: string; columns: readonly string[]; rows: TableRow[] }) {
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, ...cells]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {cells.map((cell, index) => (
              <td key={columns[index + 1]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
