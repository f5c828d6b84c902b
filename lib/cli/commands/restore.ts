import { RestoreService } from '../../restore/restore.service.js';
import type { RestoreReport } from '../../restore/restore-report.js';
import { findAesKey, type KeyOptions } from '../aes-key.js';
import { archiveSource } from '../archive-argument.js';
import { serviceOf, withHost } from '../boot-host.js';
import { operator } from '../operator.js';
import { describeTranslation } from '../describe-translation.js';
import { ExitCode, exitCodeFor } from '../exit-codes.js';
import { Progress } from '../progress.js';
import { some } from '../some.js';
import type { Terminal } from '../terminal.js';
import { visible } from '../../visible-text.js';

interface RestoreCommandOptions extends KeyOptions {
  readonly app: string;
  readonly replace?: boolean;
  readonly redacted?: boolean;
  readonly translate?: boolean;
  readonly plaintext?: boolean;
  readonly skipFiles?: boolean;
  readonly skipDatabase?: boolean;
  readonly dryRun?: boolean;
  readonly readBack?: boolean;
  readonly json?: boolean;
}

/** Boots the host and brings an archive back, or changes nothing. */
export async function restore(terminal: Terminal, options: RestoreCommandOptions, file: string): Promise<ExitCode> {
  const { replace, redacted, translate, plaintext, skipFiles, skipDatabase, dryRun, readBack } = options;
  const aesKey = await findAesKey(options);
  return withHost(options.app, terminal.quiet, async (host) => {
    const progress = new Progress(terminal, 'Restore', undefined);
    try {
      const report = await serviceOf(host, RestoreService).restore(archiveSource(file), {
        aesKey,
        replace,
        redacted,
        translate,
        plaintext,
        skipFiles,
        skipDatabase,
        dryRun,
        readBack,
        initiator: operator(),
        onProgress: ({ name, rows, bytes }) => progress.update({ name: `${name} (${rows} rows)`, bytes }),
      });
      progress.stop();
      terminal.result(options.json ? JSON.stringify(forMachines(report)) : describe(report));
      return report.translation?.problems.length ? ExitCode.REFUSED : exitCodeFor(report);
    } finally {
      progress.stop();
    }
  });
}

function forMachines({ manifest, ...report }: RestoreReport) {
  return { id: manifest.id, createdAt: manifest.createdAt, skipped: manifest.skipped, ...report };
}

function describe(report: RestoreReport): string {
  const { manifest, dryRun, tables, migrations, files, warnings, complete, translation, readBack } = report;
  if (translation && dryRun) return describeTranslation(translation);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const count = Object.values(files).reduce((sum, directory) => sum + directory.count, 0);
  return [
    `${dryRun ? 'Would restore' : 'Restored'} backup ${manifest.id} of ${manifest.createdAt}:`,
    `  ${some(tables.length, 'table')}, ${some(rows, 'row')}, ${some(count, 'file')}`,
    ...migrations.reverted.map((name) => `  reverted migration ${name}`),
    ...migrations.run.map((name) => `  ran migration ${name}`),
    ...(readBack ? ['  every table was read again and is as it was backed up'] : []),
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...manifest.skipped.map(({ path, reason }) => `  left out of the backup: ${path}: ${reason}`),
    ...(complete ? [] : ['  NOT COMPLETE: files were left out of the backup']),
  ]
    .map(visible)
    .join('\n');
}
