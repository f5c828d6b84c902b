import { DatabaseService } from '../../database/database.service.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { RestoreService } from '../../restore/restore.service.js';
import type { RestoreOptions, RestoreReport } from '../../restore/restore-report.js';
import { vainWithoutDatabase } from '../../restore/vain-options.js';
import { pluralize, size } from '../../support/quantities.js';
import { visible } from '../../support/visible-text.js';
import { type Host, serviceOf, withHost } from '../application/boot-host.js';
import { sayPending } from '../application/pending-migrations.js';
import { archiveSource } from '../archive/archive-argument.js';
import { refuseUnreadable } from '../archive/archive-file.js';
import { findKeysFor } from '../archive/find-keys.js';
import type { OpeningOptions } from '../archive/opening-options.js';
import { findSigners, type SignerOptions } from '../archive/signers.js';
import { ExitCode } from '../exit-codes.js';
import { interruptible } from '../interruption.js';
import { osUser } from '../os-user.js';
import { conclude, leftOut } from '../output/conclude.js';
import { describeSignature } from '../output/describe-signature.js';
import { describeTranslation } from '../output/describe-translation.js';
import { Progress, stateOf } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';

interface RestoreCommandOptions extends OpeningOptions, SignerOptions {
  readonly app: string;
  readonly replace?: boolean;
  readonly redacted?: boolean;
  readonly translate?: boolean;
  readonly ignoreMigrations?: boolean;
  readonly plaintext?: boolean;
  readonly skipFiles?: boolean;
  readonly skipDatabase?: boolean;
  readonly dryRun?: boolean;
  readonly readBack?: boolean;
  readonly json?: boolean;
}

/** Boots the application and restores an archive, all or nothing. */
export async function restore(terminal: Terminal, options: RestoreCommandOptions, file: string): Promise<ExitCode> {
  const { replace, redacted, translate, ignoreMigrations, plaintext } = options;
  const { skipFiles, skipDatabase, dryRun, readBack } = options;
  if (redacted && !replace) {
    throw wrongUsage(
      '--redacted was given without --replace',
      'Give both; an empty target takes a redacted backup anyway.',
    );
  }
  const vain = vainWithoutDatabase({ skipDatabase, skipFiles, redacted, translate, ignoreMigrations, readBack });
  if (vain) throw wrongUsage(`${flagOf(vain)} and --skip-database were given together`, 'Use only one of them.');
  const trustedSigners = (await findSigners(options))?.lines;
  const keys = await findKeysFor(file, options);
  await refuseUnreadable(file, keys);
  return withHost(options.app, terminal.quiet, async (host) => {
    if (!skipDatabase) await sayPending(terminal, host, 'The restore runs those that the backup needs.');
    if (replace && !skipDatabase) await warnOfOthers(terminal, host);
    const progress = new Progress(terminal, dryRun ? 'Dry run' : 'Restore');
    try {
      const restoring: RestoreOptions = {
        ...keys,
        trustedSigners,
        replace,
        redacted,
        translate,
        ignoreMigrations,
        plaintext,
        skipFiles,
        skipDatabase,
        dryRun,
        readBack,
        initiator: osUser(),
        onProgress: (state) => progress.update(stateOf(state)),
      };
      const restores = serviceOf(host, RestoreService);
      const report = await interruptible((signal) => restores.restore(archiveSource(file), { ...restoring, signal }));
      progress.stop();
      const code = conclude(terminal, options, {
        text: describe(report),
        json: forMachines(report),
        manifest: report.manifest,
        problems: problemsOf(report),
      });
      return report.translation?.problems.length ? ExitCode.REFUSED : code;
    } finally {
      progress.stop();
    }
  });
}

/** `skipFiles` is `--skip-files`. */
function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

async function warnOfOthers(terminal: Terminal, host: Host): Promise<void> {
  const others = await serviceOf(host, DatabaseService)
    .olderSessions()
    .catch(() => 0);
  if (others === 0) return;
  const problem = `${pluralize(others, 'other session')} of this database ${others === 1 ? 'is' : 'are'} open`;
  terminal.warn(`Warning: ${problem}. Stop the application first: what it writes during a restore will be replaced.`);
}

function forMachines({ manifest, ...report }: RestoreReport) {
  return { id: manifest.id, createdAt: manifest.createdAt, skipped: manifest.skipped, ...report };
}

function describe(report: RestoreReport): string {
  const { manifest, dryRun, tables, replaces, migrations, files, warnings, translation, readBack } = report;
  if (translation && dryRun) {
    return [describeTranslation(translation), ...describeReplaced(replaces).map(visible)].join('\n');
  }
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const directories = Object.values(files);
  const count = directories.reduce((sum, directory) => sum + directory.count, 0);
  const bytes = directories.reduce((sum, directory) => sum + directory.bytes, 0);
  return [
    `${dryRun ? 'Would restore' : 'Restored'} backup ${manifest.id} of ${manifest.createdAt}:`,
    `  ${pluralize(tables.length, 'table')}, ${pluralize(rows, 'row')}, ${pluralize(count, 'file')} (${size(bytes)})`,
    ...(report.signature ? [`  signed ${describeSignature(report.signature)}`] : []),
    ...describeReplaced(replaces),
    ...migrations.reverted.map((name) => `  reverted migration ${name}`),
    ...migrations.run.map((name) => `  ran migration ${name}`),
    ...(readBack ? ['  every table was read back and matches the backup'] : []),
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...leftOut(manifest).map((text) => `  ${text}`),
  ]
    .map(visible)
    .join('\n');
}

/** What would be lost. */
function describeReplaced(replaced: RestoreReport['replaces']): string[] {
  if (!replaced) return [];
  const { tables, files } = replaced;
  const directories = Object.entries(files).filter(([, { count }]) => count > 0);
  if (tables.length + directories.length === 0) return ['  would replace nothing: the target is empty'];
  return [
    '  would replace:',
    ...tables.map(({ name, rows }) => `    table ${name}: ${pluralize(rows, 'row')}`),
    ...directories.map(
      ([name, { count, bytes }]) => `    directory ${name}: ${pluralize(count, 'file')} (${size(bytes)})`,
    ),
  ];
}

/** Warnings of the restore itself; those of the backup are in its manifest. */
function problemsOf({ manifest, warnings, translation }: RestoreReport): string[] {
  const own = warnings.filter((warning) => !manifest.warnings.includes(warning));
  const problems = translation?.problems.length ? describeTranslation(translation).split('\n') : [];
  return [...own.map((warning) => `warning: ${warning}`), ...problems];
}
