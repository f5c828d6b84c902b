import { explain } from '../../errors/explain.js';
import type { PruneReport } from '../../store/prune.js';
import type { Decision } from '../../store/retention/decide.js';
import { count, size } from '../../support/quantities.js';
import { visible } from '../../support/visible-text.js';
import { type Column, table } from './table.js';

const COLUMNS: ReadonlyArray<Column<Decision>> = [
  { title: '        ', of: ({ keep }) => (keep ? '  keep  ' : '  delete') },
  { title: 'BACKUP', of: ({ backup }) => visible(backup.id) },
  { title: 'MADE', of: ({ backup }) => backup.createdAt.toISOString() },
  { title: 'RESULT', of: ({ backup }) => backup.result },
  { title: 'SIZE', of: ({ backup }) => size(backup.bytes), right: true },
  { title: 'WHY', of: ({ reasons }) => visible(reasons.join(', ')) },
];

/** What is kept, what is deleted and why, in human-readable form. */
export function describePruned(reports: readonly PruneReport[]): string {
  const lines = reports.flatMap((report) => {
    const { destination, dryRun, decisions, deleted, bytes } = report;
    const toDelete = decisions.filter(({ keep }) => !keep).length;
    const done = dryRun ? `${count(toDelete)} would be deleted` : `${count(deleted.length)} deleted`;
    return [
      visible(`${destination}: ${count(decisions.length - toDelete)} kept, ${done} (${size(bytes)})`),
      ...(decisions.length > 0 ? table(COLUMNS, decisions) : []),
      ...failuresOf(report),
    ];
  });
  return lines.length === 0 ? 'No destinations.' : lines.join('\n');
}

/** What could not be deleted. */
export function failuresOf({ errors }: PruneReport): string[] {
  return errors.map((error) => visible(`  FAILED: ${explain(error)}`));
}

/** The same as JSON. */
export function pruneForMachines({ decisions, errors, ...report }: PruneReport): object {
  const backups = decisions.map(({ backup: { id, createdAt, result, origin, bytes }, keep, reasons }) => {
    return { id, createdAt, result, origin, bytes, keep, reasons };
  });
  return { ...report, backups, errors: errors.map(explain) };
}
