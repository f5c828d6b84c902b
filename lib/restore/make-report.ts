import { NO_MIGRATIONS } from '../database/migrations/migration-plan.js';
import type { RestoreTarget } from '../files/restore-target.js';
import type { DataDirectory } from '../options/backup-options.js';
import type { OpenedArchive } from './read/open-archive.js';
import type { ReplacedContent, RestoreOptions, RestoreReport } from './restore-report.js';
import type { RestoreStrategy } from './strategy/restore-strategy.js';

/** What was done, and what was noticed in the process. */
interface Restored {
  readonly options: RestoreOptions;
  readonly directories: readonly DataDirectory[];
  readonly target: Pick<RestoreTarget, 'kept' | 'warnings'>;
  /** Undefined without the database. */
  readonly strategy: RestoreStrategy | undefined;
  readonly remarks: readonly string[];
  readonly wasReadBack: boolean;
  readonly replaced: ReplacedContent | undefined;
}

/** The report of a restore that has taken place, or of a dry run. */
export function makeReport(
  { manifest, signature }: Pick<OpenedArchive, 'manifest' | 'signature'>,
  { options, directories, target, strategy, remarks, wasReadBack, replaced }: Restored,
): RestoreReport {
  const { back, forward, rest, ignored = [] } = strategy?.plan ?? NO_MIGRATIONS;
  const { skipDatabase = false, dryRun = false } = options;
  return {
    manifest,
    dryRun,
    signature,
    tables: skipDatabase ? [] : manifest.tables.map(({ name, rows }) => ({ name, rows })),
    migrations: { reverted: back, run: [...forward, ...rest] },
    files: Object.fromEntries(directories.map(({ name }) => [name, manifest.files[name]!])),
    ...(replaced && { replaces: replaced }),
    readBack: wasReadBack,
    warnings: [
      ...manifest.warnings,
      ...(ignored.length > 0
        ? [`Migrations of the archive and the target differ; the differences were ignored: ${ignored.join(', ')}`]
        : []),
      ...remarks,
      ...target.warnings,
      ...target.kept.paths.map(
        (strategy) => `${strategy}: the application wrote it during the restore, so it was kept`,
      ),
    ],
    ...(strategy?.translation && { translation: strategy.translation.plan }),
    complete: manifest.complete,
  };
}
