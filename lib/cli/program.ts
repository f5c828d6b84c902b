import { Argument, Command, CommanderError, Option } from 'commander';
import { BackupError } from '../errors/backup-error.js';
import { explain } from '../errors/explain.js';
import { type AppOptions, prepareApplication } from './application/prepare.js';
import { ExitCode, exitCodeOf } from './exit-codes.js';
import { explain as explainHelp } from './help.js';
import { ownVersion } from './own-version.js';
import { heldErrors } from './output/held-errors.js';
import { giveWay } from './interruption.js';
import { Terminal } from './output/terminal.js';

/** A command: does its work and says how it went. Failures are thrown. */
export type Action<Options> = (terminal: Terminal, options: Options, file: string) => Promise<ExitCode>;

const ARCHIVE = 'an archive (a file, "-" for stdin, or DESTINATION:ID)';
const SHELLS = ['bash', 'zsh', 'fish'];
const APP = 'compiled file that exports the application’s root module (default: dist/app.module.js, or see the manual)';
const APP_OF_DESTINATION =
  'compiled file that exports the root module of the application whose destination it is, or whose key opens it';
const ENV_FILE = 'set variables from this file (default: .env beside the application’s package.json); set ones stay';

/** Each is loaded when it runs: those that boot no application start several times as fast without Nest. */
const actions = {
  create: async () => (await import('./commands/create.js')).create,
  decrypt: async () => (await import('./commands/decrypt.js')).decrypt,
  inspect: async () => (await import('./commands/inspect.js')).inspect,
  list: async () => (await import('./commands/list.js')).list,
  prune: async () => (await import('./commands/prune.js')).prune,
  restore: async () => (await import('./commands/restore.js')).restore,
  verify: async () => (await import('./commands/verify.js')).verify,
};

/** Runs one command line. @returns the exit code */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = ExitCode.DONE;
  const program = new Command('nestjs-backup')
    .description('Backups of NestJS + TypeORM applications')
    .version(ownVersion(argv[1] ?? ''), '-V, --version', 'print the version')
    .exitOverride()
    .showHelpAfterError('Run with --help for all options.');

  const command = <Options extends object>(name: string, description: string, load: () => Promise<Action<Options>>) => {
    const run = async (...given: unknown[]) => {
      const [options, file] = given.length === 3 ? [given[1], given[0]] : [given[0], ''];
      running = { name: name.split(' ')[0]!, dryRun: (options as { dryRun?: boolean }).dryRun === true };
      code = await attempt(load, running.name, options as Options, file as string);
    };
    return program
      .command(name)
      .description(description)
      .option('--quiet', 'print nothing where all is well')
      .option('--env-file <file>', ENV_FILE)
      .action(run);
  };

  withKey(command('create', 'make a backup of an application', actions.create))
    .option('--app <path>', APP)
    .option('-o, --output <file>', 'where to write it, "-" for stdout (default: its own name, in this directory)')
    .option('--to <destination>', 'store it in a destination of the application; may be repeated', oneMore)
    .option('--encrypt', 'encrypt it with the AES key (default where the application has an encryptionKey)')
    .option('--plaintext', 'do not encrypt it, although the application has an encryptionKey')
    .option('--json', 'the result as JSON');
  command('list', 'show what the destinations of an application hold', actions.list)
    .option('--app <path>', APP)
    .option('--from <destination>', 'only this destination')
    .option('--json', 'the result as JSON');
  command('prune', 'delete backups that the option "retention" does not keep', actions.prune)
    .option('--app <path>', APP)
    .option('--from <destination>', 'only this destination')
    .option('--dry-run', 'show what would be deleted, and delete nothing')
    .option('--json', 'the result as JSON');
  withKey(command('restore <archive>', `restore ${ARCHIVE}: all of it, or nothing`, actions.restore))
    .option('--app <path>', APP)
    .option('--replace', 'replace the rows and files that are there')
    .option('--redacted', 'with --replace: allow a redacted backup')
    .option('--translate', 'convert the values of another engine’s archive')
    .option('--ignore-migrations', 'allow other migrations where every table, column and key is equal')
    .option('--plaintext', 'allow a stored backup that is neither encrypted nor sealed')
    .option('--skip-files', 'leave the data directories as they are')
    .option('--skip-database', 'leave the database as it is')
    .option('--dry-run', 'try everything, then undo it')
    .option('--read-back', 'read every table again before the commit, and compare')
    .option('--json', 'the result as JSON');
  withKey(command('verify <archive>', `read every byte of ${ARCHIVE} and check it`, actions.verify))
    .option('--app <path>', APP_OF_DESTINATION)
    .option('--restore', 'restore it beside the application (--app), compare, and remove it again')
    .option('--scratch <directory>', 'with --restore: a directory for the temporary files')
    .option('--ignore-migrations', 'with --restore: allow other migrations where every table is equal')
    .option('--plaintext', 'allow a stored backup that is neither encrypted nor sealed')
    .option('--json', 'the result as JSON');
  withKey(command('inspect <archive>', `show what ${ARCHIVE} holds`, actions.inspect))
    .option('--app <path>', APP_OF_DESTINATION)
    .option('--json', 'the manifest as JSON');
  withKey(command('decrypt <file>', 'decrypt an archive ("-": stdin) to a plain ZIP', actions.decrypt)).option(
    '-o, --output <file>',
    'where to write it, "-" for stdout (default: the name without .crypt)',
  );

  program
    .command('completion')
    .description('print a script that completes commands and options')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .action(async (shell: string) => {
      const { completionScript } = await import('./commands/completion.js');
      process.stdout.write(completionScript(program, shell));
    });
  explainHelp(program);

  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? ExitCode.DONE : ExitCode.WRONG_USAGE;
  }
}

/** The command that runs. */
let running: { readonly name: string; readonly dryRun: boolean } | undefined;

/** Whether the command does nothing but tell: what it says is all that there is of it. */
export function resultIsAll(): boolean {
  return !running || running.dryRun || running.name === 'list' || running.name === 'inspect';
}

/** Of a command that a signal ends. */
export function sayInterrupted(signal: NodeJS.Signals): void {
  const deletes = running?.name === 'prune' && !running.dryRun;
  const left = deletes ? 'What was deleted stays deleted.' : 'Nothing was changed.';
  process.stderr.write(`Interrupted (${signal}). ${left}\n`);
}

function oneMore(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function withKey(command: Command): Command {
  return command
    .addOption(new Option('--key-file <path>', 'file that holds the AES key (or set BACKUP_AES_KEY)'))
    .addOption(new Option('--key <->', '"-" asks for the AES key on the terminal'));
}

async function attempt<Options extends object>(
  load: () => Promise<Action<Options>>,
  name: string,
  options: Options,
  file: string,
): Promise<ExitCode> {
  const terminal = new Terminal('quiet' in options && options.quiet === true);
  try {
    const prepared = prepareApplication(terminal, name, options as AppOptions, file);
    const code = await (await load())(terminal, { ...options, ...prepared }, file);
    heldErrors.release(terminal.said);
    return code;
  } catch (error) {
    const signal = giveWay(error instanceof BackupError && error.code === 'ABORTED');
    if (signal) sayInterrupted(signal);
    else terminal.warn(error instanceof BackupError ? explain(error) : ((error as Error)?.stack ?? String(error)));
    heldErrors.release(signal ? explain(error) : terminal.said);
    return exitCodeOf(error);
  }
}
