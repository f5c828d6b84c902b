import { randomBytes } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { makeKeyPair } from '../../crypto/age/make-key-pair.js';
import { recipientId } from '../../crypto/age/recipients.js';
import { aesKeyId } from '../../crypto/archive-key.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { OutputFile, outputPath } from '../archive/output-file.js';
import { ExitCode } from '../exit-codes.js';
import type { Terminal } from '../output/terminal.js';

interface KeygenOptions {
  readonly output?: string;
  readonly pq?: boolean;
  readonly aes?: boolean;
  readonly kit?: string;
}

/** A new key: what is kept secret, and what is told about it. */
interface MadeKey {
  readonly secret: string;
  /** Content of the key file. */
  readonly file: string;
  readonly keyId: string;
  /** Of an identity. */
  readonly recipient?: string;
}

const PROGRAMS = '../../docs/decrypting.md';

/**
 * Makes an identity file as age-keygen does, or a file with an AES key, for its owner alone to read, and a recovery kit if
 * that is wanted. Neither replaces a file. Prints the recipient and the key id.
 */
export async function keygen(terminal: Terminal, options: KeygenOptions): Promise<ExitCode> {
  const { output = '-', pq, aes, kit } = options;
  if (pq && aes) throw wrongUsage('--pq and --aes contradict each other', 'Use one of them.');
  if (output === '-') terminal.refuseClosedStdout();
  const paths = [kit, output === '-' ? undefined : output].map((path) => path && resolve(outputPath(path)));
  if (paths[0] !== undefined && paths[0] === paths[1]) {
    throw wrongUsage('the key and the kit would be the same file', 'Choose another name for one of them.');
  }
  const madeAt = new Date();
  const made = await (aes ? makeAesKey() : makeIdentity(pq === true, madeAt));
  const [kitPath, keyPath] = paths;
  const contents: Array<[path: string, content: string]> = [];
  if (kitPath) {
    const { recoveryKit } = await import('../keys/recovery-kit.js');
    contents.push([kitPath, recoveryKit(kitPath, { ...made, madeAt, programs: aes ? programs() : null })]);
  }
  if (keyPath) contents.push([keyPath, made.file]);
  await writeAll(contents);
  const told = [...(made.recipient ? [`Public key: ${made.recipient}`] : []), `Key id: ${made.keyId}`].join('\n');
  if (keyPath) {
    terminal.result(told);
  } else {
    await terminal.send(Readable.from([made.file]));
    terminal.message(told);
  }
  return ExitCode.DONE;
}

async function makeIdentity(isHybrid: boolean, madeAt: Date): Promise<MadeKey> {
  const { identity, recipient } = await makeKeyPair(isHybrid ? 'hybrid' : 'X25519');
  const file = `# created: ${madeAt.toISOString()}\n# public key: ${recipient}\n${identity}\n`;
  return { secret: identity, file, keyId: recipientId(recipient), recipient };
}

async function makeAesKey(): Promise<MadeKey> {
  const key = randomBytes(32);
  const secret = key.toString('hex');
  return { secret, file: `${secret}\n`, keyId: aesKeyId(key) };
}

/** All of them, or at first none: what one name refuses is known before anything is written. */
async function writeAll(contents: ReadonlyArray<readonly [path: string, content: string]>): Promise<void> {
  const files: Array<{ readonly file: OutputFile; readonly path: string; readonly content: string }> = [];
  try {
    for (const [path, content] of contents) files.push({ file: await OutputFile.prepare(path), path, content });
    for (const { file, path, content } of files) await file.write(path, Readable.from([content]));
  } finally {
    for (const { file } of files) await file.close();
  }
}

/** The page of the package that was started; null when it is not where it should be. */
function programs(): string | null {
  try {
    return readFileSync(join(dirname(realpathSync(process.argv[1]!)), PROGRAMS), 'utf8');
  } catch {
    return null;
  }
}
