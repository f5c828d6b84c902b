import type { Command } from 'commander';
import { ExitCode } from './exit-codes.js';

const COLUMNS = 100;

const MEANINGS: Readonly<Record<ExitCode, string>> = {
  [ExitCode.DONE]: 'done',
  [ExitCode.FAILED]: 'failed; nothing was changed',
  [ExitCode.WRONG_USAGE]: 'wrong usage: an option, a file name or a key is missing or invalid',
  [ExitCode.REFUSED]: 'refused: the target is not empty, does not fit, is locked by another run, or lacks all tables',
  [ExitCode.BAD_ARCHIVE]: 'the archive is damaged, incomplete, not signed as it must be, or the key is wrong',
  [ExitCode.INCOMPLETE]: 'done, but files are missing from the backup; the output names them',
};

interface Help {
  readonly examples: ReadonlyArray<readonly [command: string, what: string]>;
  /** Exit codes that the command can end with. */
  readonly codes: readonly ExitCode[];
}

const { DONE, FAILED, WRONG_USAGE, REFUSED, BAD_ARCHIVE, INCOMPLETE } = ExitCode;

const HELP: Readonly<Record<string, Help>> = {
  create: {
    examples: [
      ['create --app dist/app.module.js', 'a ZIP in this directory'],
      ['create --app dist/app.module.js --encrypt --key-file backup.key', 'an encrypted archive'],
      ['create --app dist/app.module.js --recipient age1…', 'an archive that only the recipient can open'],
      ['create --app dist/app.module.js --to vault --quiet', 'into a destination, from cron'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE, REFUSED, INCOMPLETE],
  },
  list: {
    examples: [
      ['list --app dist/app.module.js', 'all destinations'],
      ['list --app dist/app.module.js --from vault --json', 'one destination, as JSON'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE],
  },
  prune: {
    examples: [
      ['prune --app dist/app.module.js --dry-run', 'what would be deleted, and why'],
      ['prune --app dist/app.module.js --quiet', 'from cron'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE],
  },
  restore: {
    examples: [
      ['restore backup.zip --app dist/app.module.js --dry-run', 'try it without changing anything'],
      ['restore backup.zip --app dist/app.module.js', 'into an empty database'],
      [
        'restore vault:latest --app dist/app.module.js --replace',
        'the newest backup, replacing existing rows and files',
      ],
    ],
    codes: [DONE, FAILED, WRONG_USAGE, REFUSED, BAD_ARCHIVE, INCOMPLETE],
  },
  verify: {
    examples: [
      ['verify backup.zip.crypt --key-file backup.key', 'read every byte'],
      ['verify backup.zip.age --identity key.txt', 'one that was encrypted to a recipient'],
      ['verify backup.zip --signer backup.pub', 'one that this key must have signed'],
      ['verify vault:latest --restore --app dist/app.module.js', 'test that the newest backup can be restored'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE, REFUSED, BAD_ARCHIVE, INCOMPLETE],
  },
  test: {
    examples: [
      ['test --from vault --app dist/app.module.js --identity key.txt', 'on the machine that has the identity'],
      ['test --from vault --app dist/app.module.js --quiet', 'with the application’s key, from cron'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE, REFUSED, BAD_ARCHIVE, INCOMPLETE],
  },
  inspect: {
    examples: [
      ['inspect backup.zip', 'tables, files and warnings'],
      ['inspect vault:latest --app dist/app.module.js --json', 'the manifest as JSON'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE, BAD_ARCHIVE, INCOMPLETE],
  },
  decrypt: {
    examples: [
      ['decrypt backup.zip.crypt --key-file backup.key', 'write backup.zip'],
      ['decrypt backup.zip.age --identity key.txt', 'the same, for its recipient'],
      ['decrypt backup.zip.crypt --key-file backup.key -o - | bsdtar -tf -', 'list its contents'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE, BAD_ARCHIVE],
  },
  rewrap: {
    examples: [
      ['rewrap backup.zip.age --recipient age1… --identity key.txt', 'a file, for another recipient'],
      ['rewrap vault:latest --app dist/app.module.js --identity key.txt', 'for the application’s recipients'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE, BAD_ARCHIVE],
  },
  keygen: {
    examples: [
      ['keygen -o key.txt', 'prints the recipient'],
      ['keygen --pq -o key.txt', 'of the hybrid kind'],
      ['keygen -o key.txt --kit kit.html', 'with a recovery kit to print'],
      ['keygen --aes -o backup.key', 'an AES key'],
    ],
    codes: [DONE, FAILED, WRONG_USAGE],
  },
  completion: {
    examples: [
      ['completion bash > ~/.local/share/bash-completion/completions/nestjs-backup', 'for bash'],
      ['completion zsh > "${fpath[1]}/_nestjs-backup"', 'for zsh'],
      ['completion fish > ~/.config/fish/completions/nestjs-backup.fish', 'for fish'],
    ],
    codes: [DONE, WRONG_USAGE],
  },
};

/** Adds examples and exit codes to the help of every command, and keeps all help within a hundred columns. */
export function explain(program: Command): void {
  const narrow = (columns: number | undefined) => Math.min(columns ?? COLUMNS, COLUMNS);
  const widths = {
    getOutHelpWidth: () => narrow(process.stdout.columns),
    getErrHelpWidth: () => narrow(process.stderr.columns),
  };
  for (const command of [program, ...program.commands]) command.configureOutput(widths);
  for (const command of program.commands) {
    const help = HELP[command.name()];
    if (help) command.addHelpText('after', textOf(program.name(), help));
  }
}

function textOf(program: string, { examples, codes }: Help): string {
  return [
    '',
    'Examples:',
    ...examples.flatMap(([command, what]) => [`  # ${what}`, `  ${program} ${command}`]),
    '',
    'Exit codes:',
    ...codes.map((code) => `  ${code}  ${MEANINGS[code]}`),
  ].join('\n');
}
