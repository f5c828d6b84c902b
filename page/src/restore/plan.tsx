import type { OnlineRestorePlan } from '../../../lib/page/page-api.js';
import { count } from '../../../lib/support/quantities.js';
import { countText, sizeText } from '../format/sizes.js';
import { Facts } from '../parts/facts.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { Warnings } from '../parts/warnings.js';

const filesText = (files: { count: number; bytes: number }) =>
  `${countText(files.count, 'file')}, ${sizeText(files.bytes)}`;

/** What a restore would do. */
export function Plan({ plan }: { plan: OnlineRestorePlan }) {
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
      <Table
        caption="Rows"
        columns={['Table', 'Restored', 'Replaced']}
        rows={tables.map(({ name, rows, replaces }) => [name, count(rows), count(replaces)])}
      />
      {files.length > 0 && (
        <Table
          caption="Files"
          columns={['Directory', 'Restored', 'Replaced']}
          rows={files.map(({ name, replaces, ...restored }) => [name, filesText(restored), filesText(replaces)])}
        />
      )}
      <Warnings title="Migrations that are reverted" texts={migrations.reverted} />
      <Warnings title="Migrations that are run" texts={migrations.run} />
      <Warnings title="Warnings" texts={warnings} />
    </>
  );
}
