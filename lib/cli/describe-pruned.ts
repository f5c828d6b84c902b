import { explain } from '../backup.errors.js';
import type { PruneReport } from '../store/prune.js';
import type { Decision } from '../store/retention/decide.js';
import { visible } from '../visible-text.js';

/** What stays, what goes and why, for people. */
export function describePruned(reports: readonly PruneReport[]): string {
  const lines = reports.flatMap(({ destination, dryRun, decisions, forgotten, bytes, errors }) => {
    const doomed = decisions.filter(({ keep }) => !keep).length;
    const done = dryRun ? `${doomed} would be deleted` : `${forgotten.length} deleted`;
    const sum = `${destination}: ${decisions.length - doomed} kept, ${done} (${bytes} bytes)`;
    return [sum, ...decisions.map(describeDecision), ...errors.map((error) => `  FAILED: ${explain(error)}`)];
  });
  return lines.length === 0 ? 'No destinations.' : lines.map(visible).join('\n');
}

function describeDecision({ backup, keep, reasons }: Decision): string {
  const time = backup.createdAt.toISOString();
  return `  ${keep ? 'keep  ' : 'delete'}  ${backup.id}  ${time}  ${backup.result.padEnd(10)}  ${reasons.join(', ')}`;
}

/** The same as JSON. */
export function pruneForMachines({ decisions, errors, ...report }: PruneReport): object {
  const backups = decisions.map(({ backup: { id, createdAt, result, origin, bytes }, keep, reasons }) => {
    return { id, createdAt, result, origin, bytes, keep, reasons };
  });
  return { ...report, backups, errors: errors.map(explain) };
}
