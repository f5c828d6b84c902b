import { existsSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { Identities } from '../../crypto/age/identities.js';
import { Recipients } from '../../crypto/age/recipients.js';
import { rewrap as rewrapHeader } from '../../crypto/age/rewrap.js';
import { rewriteFile } from '../../destinations/rewrite-file.js';
import { archiveFailed, archiveInvalid } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { aborted } from '../../errors/run-errors.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { manifestName, parseStoredName } from '../../store/stored-names.js';
import { pluralize, size } from '../../support/quantities.js';
import { applicationOf, storedReference } from '../archive/archive-argument.js';
import { encryptionOf, refuseMissing } from '../archive/archive-file.js';
import { findIdentities, IDENTITY_VARIABLE } from '../archive/identity.js';
import type { IdentityOptions } from '../archive/opening-options.js';
import { ExitCode } from '../exit-codes.js';
import { interruptible } from '../interruption.js';
import { sayDone } from '../output/conclude.js';
import type { Terminal } from '../output/terminal.js';

interface RewrapOptions extends IdentityOptions {
  readonly app?: string;
  readonly recipient?: readonly string[];
  readonly json?: boolean;
}

/** The middle part of the name of the new file while it is written. */
const TEMPORARY = 'nestjs-backup-rewrap';

/** What was achieved, wherever the archive is. */
interface Rewrapped {
  readonly archive: string;
  readonly bytes: number;
  readonly keyIds: readonly string[];
  readonly remains: string | null;
}

/** Changes who can open an archive, in a file or in a destination, and leaves its payload as it is. */
export async function rewrap(terminal: Terminal, options: RewrapOptions, archive: string): Promise<ExitCode> {
  if (archive === '-') {
    throw wrongUsage('an archive is re-wrapped in its place, which standard input has none of', 'Name the file.');
  }
  await refuseMissing(archive);
  const identity = await findIdentities(options);
  const isStored = storedReference(archive) !== undefined;
  const done = await (isStored ? rewrapStored : rewrapFile)(terminal, options, archive, identity);
  const { bytes, keyIds, remains } = done;
  const count = pluralize(keyIds.length, 'recipient');
  if (options.json) terminal.json({ ...done, milliseconds: terminal.milliseconds });
  else terminal.result(`${done.archive} (${size(bytes)}): ${count}, ${keyIds.join(', ')}`);
  if (remains !== null) terminal.warn(`Warning: the former archive is still there: ${remains}.`);
  sayDone(terminal);
  return ExitCode.DONE;
}

type Rewrap = (
  terminal: Terminal,
  options: RewrapOptions,
  archive: string,
  identity: Identities | undefined,
) => Promise<Rewrapped>;

/** Needs no application. */
const rewrapFile: Rewrap = async (_terminal, { recipient: texts }, archive, identity) => {
  if (!identity) {
    throw wrongUsage('rewrap needs the identity that opens the archive now', `Use --identity or ${IDENTITY_VARIABLE}.`);
  }
  if (!texts) throw wrongUsage('there are no recipients to re-wrap the archive for', 'Give them with --recipient.');
  const recipients = await Recipients.parse(texts);
  const encryption = await encryptionOf(archive);
  if (encryption !== 'age') {
    const how = encryption === 'aes' ? 'encrypted with an AES key, which is wrapped for nobody' : 'not encrypted';
    const remedy = 'Make another backup with --recipient, or use age to encrypt a ZIP.';
    throw archiveInvalid(`"${archive}" is ${how}`, undefined, remedy);
  }
  // What a link leads to is the archive, and the link stays.
  const path = realpathSync(archive);
  refuseStored(path);
  const change = async (object: Parameters<typeof rewrapHeader>[0]) => {
    const { header, instead } = await rewrapHeader(object, identity, recipients);
    return { bytes: header, instead };
  };
  const bytes = await interruptible((signal) =>
    rewriteFile(path, TEMPORARY, change, signal).catch((error: unknown) => {
      throw signal.aborted ? aborted(signal.reason) : notReplaced(path, error);
    }),
  );
  return { archive: path, bytes, keyIds: recipients.keyIds, remains: null };
};

function notReplaced(path: string, error: unknown): unknown {
  if (error instanceof BackupError) return error;
  const remedy = 'The archive is what it was. Fix the cause, then run the command again.';
  return archiveFailed(`"${path}" could not be replaced (${(error as NodeJS.ErrnoException).code})`, error, remedy);
}

/** Its summary would not fit any more. @throws BackupError `WRONG_USAGE` */
function refuseStored(path: string): void {
  const stored = parseStoredName(basename(path));
  if (!stored || !existsSync(manifestName(path))) return;
  const problem = `"${path}" is in a destination, with a summary beside it that tells its size and its keys`;
  throw wrongUsage(problem, `Name it as DESTINATION:${stored.id}, or copy it elsewhere first, without its summary.`);
}

const rewrapStored: Rewrap = async (terminal, { app, recipient: recipients }, archive, identity) => {
  const application = applicationOf(archive, app);
  const [{ serviceOf, withHost }, { RewrapService }] = await Promise.all([
    import('../application/boot-host.js'),
    import('../../store/rewrap.service.js'),
  ]);
  return withHost(application, terminal.quiet, (host) =>
    interruptible((signal) =>
      serviceOf(host, RewrapService).rewrap(storedReference(archive)!, { identity, recipients, signal }),
    ),
  );
};
