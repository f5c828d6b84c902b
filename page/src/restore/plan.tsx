import type { RestorePlanAnswer } from '../../../lib/page/page-api.js';
import { countText, sizeText } from '../format/sizes.js';
import { Facts } from '../parts/facts.js';
import { Time } from '../parts/time.js';
import { Warnings } from '../parts/warnings.js';

const number = (count: number) => count.toLocaleString('en-GB');

/** What a restore would do. */
export function Plan({ plan }: { plan: RestorePlanAnswer }) {
  const { backup, tables, files, migrations, warnings, complete, point } = plan;
  return (
    <>
      <p>
        The application is closed to others while this runs. Its present state goes into a restore point first, so that
        the restore can be undone.
      </p>
      {!complete && <p class="problem">A file that should be in this backup is missing from it.</p>}
      <Facts
        facts={[
          ['Backup of', <Time at={backup.createdAt} />],
          ['Version', backup.appVersion],
          ['Restore point into', point],
        ]}
      />
      <table>
        <caption>Rows</caption>
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Restored</th>
            <th scope="col">Replaced</th>
          </tr>
        </thead>
        <tbody>
          {tables.map(({ name, rows, replaces }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{number(rows)}</td>
              <td>{number(replaces)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {files.length > 0 && (
        <table>
          <caption>Files</caption>
          <thead>
            <tr>
              <th scope="col">Directory</th>
              <th scope="col">Restored</th>
              <th scope="col">Replaced</th>
            </tr>
          </thead>
          <tbody>
            {files.map(({ name, count, bytes, replaces }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  {countText(count, 'file')}, {sizeText(bytes)}
                </td>
                <td>
                  {countText(replaces.count, 'file')}, {sizeText(replaces.bytes)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Warnings title="Migrations that are reverted" texts={migrations.reverted} />
      <Warnings title="Migrations that are run" texts={migrations.run} />
      <Warnings title="Warnings" texts={warnings} />
    </>
  );
}
