import { Command, CommanderError, Option } from 'commander';
import { BackupError, explain } from '../backup.errors.js';
import { ExitCode, exitCodeOf } from './exit-codes.js';
import { Terminal } from './terminal.js';

/** A command: does its work and says how it went. Failures are thrown. */
export type Action<Options> = (terminal: Terminal, options: Options, file: string) => Promise<ExitCode>;

const ARCHIVE = 'an archive (a file, "-" for stdin, or DESTINATION:ID)';
const APP_OF_DESTINATION =
  'compiled file that exports the root module of the application whose destination it is, or whose key opens it';

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
    .exitOverride()
    .showHelpAfterError('Run with --help for all options.');

  const command = <Options extends object>(name: string, description: string, load: () => Promise<Action<Options>>) => {
    const run = async (...given: unknown[]) => {
      const [options, file] = given.length === 3 ? [given[1], given[0]] : [given[0], ''];
      code = await attempt(load, options as Options, file as string);
    };
    return program.command(name).description(description).option('--quiet', 'no progress and no messages').action(run);
  };

  withKey(command('create', 'make a backup of an application', actions.create))
    .requiredOption('--app <path>', 'compiled file that exports the application’s root module')
    .option('-o, --output <file>', 'where to write it, "-" for stdout (default: its own name, in this directory)')
    .option('--to <destination>', 'store it in a destination of the application; may be repeated', oneMore)
    .option('--encrypt', 'encrypt it with the AES key (default where the application has an encryptionKey)')
    .option('--plaintext', 'do not encrypt it, although the application has an encryptionKey')
    .option('--json', 'the result as JSON');
  command('list', 'show what the destinations of an application hold', actions.list)
    .requiredOption('--app <path>', 'compiled file that exports the application’s root module')
    .option('--from <destination>', 'of this destination only')
    .option('--json', 'the result as JSON');
  command('prune', 'thin destinations out as the option "retention" says', actions.prune)
    .requiredOption('--app <path>', 'compiled file that exports the application’s root module')
    .option('--from <destination>', 'this destination only')
    .option('--dry-run', 'delete nothing, and show what would be deleted')
    .option('--json', 'the result as JSON');
  withKey(command('restore <archive>', `bring ${ARCHIVE} back, or change nothing`, actions.restore))
    .requiredOption('--app <path>', 'compiled file that exports the application’s root module')
    .option('--replace', 'replace what is there')
    .option('--redacted', 'with --replace: also by a redacted backup')
    .option('--translate', 'also from another engine: write its values as this one’s')
    .option('--plaintext', 'also from a destination, one that is neither encrypted nor sealed although there is a key')
    .option('--skip-files', 'leave the data directories as they are')
    .option('--skip-database', 'leave the database as it is')
    .option('--dry-run', 'do everything but the last step')
    .option('--read-back', 'read every table again before the commit, and compare')
    .option('--json', 'the result as JSON');
  withKey(command('verify <archive>', `read every byte of ${ARCHIVE} and check it`, actions.verify))
    .option('--app <path>', APP_OF_DESTINATION)
    .option('--restore', 'restore it beside the application (--app), compare, and remove what was restored')
    .option('--scratch <directory>', 'with --restore: where the files may be for a while')
    .option('--plaintext', 'also one of a destination that is neither encrypted nor sealed although there is a key')
    .option('--json', 'the result as JSON');
  withKey(command('inspect <archive>', `show what ${ARCHIVE} holds`, actions.inspect))
    .option('--app <path>', APP_OF_DESTINATION)
    .option('--json', 'the manifest as JSON');
  withKey(command('decrypt <file>', 'decrypt an archive ("-": stdin) to a plain ZIP', actions.decrypt)).option(
    '-o, --output <file>',
    'where to write it, "-" for stdout (default: the name without .crypt)',
  );

  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? ExitCode.DONE : ExitCode.WRONG_USAGE;
  }
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
  options: Options,
  file: string,
): Promise<ExitCode> {
  const terminal = new Terminal('quiet' in options && options.quiet === true);
  try {
    return await (await load())(terminal, options, file);
  } catch (error) {
    terminal.warn(error instanceof BackupError ? explain(error) : ((error as Error)?.stack ?? String(error)));
    return exitCodeOf(error);
  }
}
