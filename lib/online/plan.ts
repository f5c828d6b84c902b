import type { RestoreReport } from '../restore/restore-report.js';
import type { OnlineRestorePlan } from './online-answers.js';

const NOTHING = { count: 0, bytes: 0 };

export function makePlan(
  report: RestoreReport,
  { point, confirm }: Pick<OnlineRestorePlan, 'point' | 'confirm'>,
): OnlineRestorePlan {
  const { manifest, tables, files, replaces, migrations, warnings, complete } = report;
  const rows = new Map((replaces?.tables ?? []).map((table) => [table.name, table.rows]));
  const names = new Set(tables.map(({ name }) => name));
  // Tables of a newer version of the application, which the backup does not have.
  const others = [...rows].filter(([name]) => !names.has(name));
  return {
    backup: { id: manifest.id, createdAt: manifest.createdAt, appVersion: manifest.appVersion },
    tables: [
      ...tables.map(({ name, rows: count }) => ({ name, rows: count, replaces: rows.get(name) ?? 0 })),
      ...others.map(([name, count]) => ({ name, rows: 0, replaces: count })),
    ],
    files: Object.entries(files).map(([name, { count, bytes }]) => ({
      name,
      count,
      bytes,
      replaces: replaces?.files[name] ?? NOTHING,
    })),
    migrations,
    warnings,
    complete,
    point,
    confirm,
  };
}
