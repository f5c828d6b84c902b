import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { makeKeyPair } from '../../crypto/age/make-key-pair.js';
import { outputPath, writeWholeFile } from '../archive/output-file.js';
import { ExitCode } from '../exit-codes.js';
import type { Terminal } from '../output/terminal.js';

interface KeygenOptions {
  readonly output?: string;
  readonly pq?: boolean;
}

/** Makes an identity file as age-keygen does, for its owner alone to read, and prints the recipient. */
export async function keygen(terminal: Terminal, { output = '-', pq }: KeygenOptions): Promise<ExitCode> {
  if (output === '-') terminal.refuseClosedStdout();
  const { identity, recipient } = await makeKeyPair(pq ? 'hybrid' : 'X25519');
  const file = Readable.from([`# created: ${new Date().toISOString()}\n# public key: ${recipient}\n${identity}\n`]);
  if (output === '-') {
    await terminal.send(file);
    terminal.message(`Public key: ${recipient}`);
  } else {
    await writeWholeFile(resolve(outputPath(output)), file);
    terminal.result(`Public key: ${recipient}`);
  }
  return ExitCode.DONE;
}
