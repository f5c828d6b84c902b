import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { BackupError } from '../errors/backup-error.js';
import { explain } from '../errors/explain.js';
import { type AppOptions, prepareApplication } from './application/prepare.js';
import { ExitCode, exitCodeOf } from './exit-codes.js';
import { explain as explainHelp } from './help.js';
import { giveWay } from './interruption.js';
import { heldErrors } from './output/held-errors.js';
import { Terminal } from './output/terminal.js';
import { ownVersion } from './own-version.js';

/** A command: does its work and prints the result. Failures are thrown. */
export type Action<Options> = (terminal: Terminal, options: Options, file: string) => Promise<ExitCode>;

const ARCHIVE = 'an archive (a file, "-" for stdin, or DESTINATION:ID)';
const ARCHIVE_IN_PLACE = 'an archive (a file, or DESTINATION:ID), whose payload stays as it is';
const SHELLS = ['bash', 'zsh', 'fish'];
const APP =
  'compiled file that exports the application’s root module (default: NESTJS_BACKUP_APP, the field in package.json, or dist/app.module.js)';
const APP_OF_DESTINATION =
  'compiled file that exports the root module of the application that has the destination or the key';
const ENV_FILE =
  'load environment variables from this file (default: .env beside package.json); existing ones are kept';

/** Loaded on demand: commands that boot no application start several times faster without Nest. */
const actions = {
  create: async () => (await import('./commands/create.js')).create,
  decrypt: async () => (await import('./commands/decrypt.js')).decrypt,
  keygen: async () => (await import('./commands/keygen.js')).keygen,
  inspect: async () => (await import('./commands/inspect.js')).inspect,
  list: async () => (await import('./commands/list.js')).list,
  prune: async () => (await import('./commands/prune.js')).prune,
  rewrap: async () => (await import('./commands/rewrap.js')).rewrap,
  restore: async () => (await import('./commands/restore.js')).restore,
  test: async () => (await import('./commands/test.js')).test,
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
      .option('--quiet', 'print only warnings, errors and the output of --json')
      .option('--env-file <file>', ENV_FILE)
      .action(run);
  };

  withKey(command('create', 'make a backup of an application', actions.create))
    .option('--app <path>', APP)
    .option(
      '-o, --output <file>',
      'output file, "-" for stdout (default: backup-<UTC time>.zip, .zip.crypt or .zip.age, in this directory)',
    )
    .option('--to <destination>', 'store it in this destination of the application; may be repeated', oneMore)
    .option('--encrypt', 'encrypt it with the AES key (default if the application has an encryptionKey)')
    .option('--recipient <age1…>', 'encrypt it to this age recipient; may be repeated', oneMore)
    .option('--plaintext', 'do not encrypt it, even if the application has recipients or an encryptionKey')
    .option('--json', 'print the result as JSON');
  command('list', 'list the backups in the destinations of an application', actions.list)
    .option('--app <path>', APP)
    .option('--from <destination>', 'only this destination')
    .option('--json', 'print the result as JSON');
  command('prune', 'delete the backups that the option "retention" does not keep', actions.prune)
    .option('--app <path>', APP)
    .option('--from <destination>', 'only this destination')
    .option('--dry-run', 'show what would be deleted, but delete nothing')
    .option('--json', 'print the result as JSON');
  withSigner(withIdentity(command('restore <archive>', `restore ${ARCHIVE}, all or nothing`, actions.restore)))
    .option('--app <path>', APP)
    .option('--replace', 'replace existing rows and files')
    .option('--redacted', 'with --replace: allow a redacted backup')
    .option('--translate', 'convert the values of another database engine’s archive')
    .option('--ignore-migrations', 'allow different migrations if every table, column and key is the same')
    .option('--plaintext', 'allow a stored backup that is neither encrypted nor sealed')
    .option('--skip-files', 'leave the data directories as they are')
    .option('--skip-database', 'leave the database as it is')
    .option('--dry-run', 'run everything, then roll back')
    .option('--read-back', 'read every table back and compare it before the commit')
    .option('--json', 'print the result as JSON');
  withSigner(withIdentity(command('verify <archive>', `read every byte of ${ARCHIVE} and check it`, actions.verify)))
    .option('--app <path>', APP_OF_DESTINATION)
    .option('--restore', 'run a restore test: restore it beside the application (--app), compare, clean up')
    .option('--scratch <directory>', 'with --restore: directory for the temporary files')
    .option('--ignore-migrations', 'with --restore: allow different migrations if every table is the same')
    .option('--plaintext', 'allow a stored backup that is neither encrypted nor sealed')
    .option('--json', 'print the result as JSON');
  withSigner(
    withIdentity(command('test', 'test that the newest backup in a destination can be restored', actions.test)),
  )
    .option('--app <path>', APP)
    .requiredOption('--from <destination>', 'the destination')
    .option('--scratch <directory>', 'directory for the temporary files')
    .option('--ignore-migrations', 'allow different migrations if every table is the same')
    .option('--plaintext', 'allow a stored backup that is neither encrypted nor sealed')
    .option('--json', 'print the result as JSON');
  withSigner(withIdentity(command('inspect <archive>', `show the contents of ${ARCHIVE}`, actions.inspect)))
    .option('--app <path>', APP_OF_DESTINATION)
    .option('--json', 'print the manifest as JSON');
  withIdentity(
    command('decrypt <file>', 'decrypt an archive ("-" for stdin) to an unencrypted ZIP', actions.decrypt),
  ).option('-o, --output <file>', 'output file, "-" for stdout (default: the name without .crypt or .age)');

  command('rewrap <archive>', `let other recipients open ${ARCHIVE_IN_PLACE}`, actions.rewrap)
    .option('--recipient <age1…>', 'age recipient that can open it afterwards; may be repeated', oneMore)
    .addOption(identityOption('age identity file that opens it now (or set BACKUP_IDENTITY)'))
    .option('--app <path>', APP_OF_DESTINATION)
    .option('--json', 'print the result as JSON');

  command('keygen', 'make an age identity, whose recipient backups can be encrypted to', actions.keygen)
    .option('-o, --output <file>', 'output file of the identity, "-" for stdout (default: "-")')
    .option('--pq', 'hybrid, also safe from quantum computers (default: X25519)')
    .option('--aes', 'make an AES key instead')
    .option('--kit <file>', 'also write a recovery kit, to be printed or kept: .html or .txt');

  program
    .command('completion')
    .description('print a shell completion script')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .action(async (shell: string) => {
      const { completionScript } = await import('./commands/completion.js');
      process.stdout.write(completionScript(program, shell));
    });
  explainHelp(program);
  refuseRepeated(program);

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

/** Whether the command only reports, so that without its output nothing was achieved. */
export function resultIsAll(): boolean {
  return !running || running.dryRun || running.name === 'list' || running.name === 'inspect';
}

/** For a command that a signal ends. */
export function sayInterrupted(signal: NodeJS.Signals): void {
  const deletes = running?.name === 'prune' && !running.dryRun;
  const left = deletes ? 'What was deleted stays deleted.' : 'Nothing was changed.';
  process.stderr.write(`Interrupted (${signal}). ${left}\n`);
}

/** Every option that takes one value. */
function refuseRepeated(program: Command): void {
  for (const { options } of program.commands) {
    for (const option of options) if (option.required && !option.parseArg) option.argParser(onlyOne);
  }
}

function oneMore(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** The last one would win, and the others would be lost without a word. */
function onlyOne(value: string, before: string | undefined): string {
  if (before !== undefined) throw new InvalidArgumentError('The option may be given only once.');
  return value;
}

function withKey(command: Command): Command {
  return command
    .addOption(new Option('--key-file <path>', 'file that holds the AES key (or set BACKUP_AES_KEY)'))
    .addOption(new Option('--key <->', '"-" prompts for the AES key on the terminal'));
}

/** For commands that open archives. */
function withIdentity(command: Command): Command {
  const description = 'age identity file, for an archive that was encrypted to recipients (or set BACKUP_IDENTITY)';
  return withKey(command).addOption(identityOption(description));
}

function identityOption(description: string): Option {
  return new Option('--identity <file>', description);
}

/** For commands that rely on archives. */
function withSigner(command: Command): Command {
  const description = 'file of OpenSSH public keys, one of which must have signed the archive';
  return command.addOption(new Option('--signer <file>', description));
}

async function attempt<Options extends object>(
  load: () => Promise<Action<Options>>,
  name: string,
  options: Options,
  file: string,
): Promise<ExitCode> {
  const terminal = new Terminal('quiet' in options && options.quiet === true);
  try {
    const prepared = await prepareApplication(terminal, name, options as AppOptions, file);
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
