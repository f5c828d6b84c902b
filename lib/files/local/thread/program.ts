import type { Answer, Refusal, Request } from './protocol.js';
import type { readStep } from './steps.js';

/** The program of the thread. It is started from its source text, so it must not use anything of this file. */
export function takeSteps(read: typeof readStep): void {
  const fs = process.getBuiltinModule('node:fs');
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  let hasFailed = false;
  const isOneOf = (error: unknown, codes: readonly string[]) => codes.includes((error as { code?: string }).code ?? '');
  const refusal = (step: number, at: number, error: unknown): Refusal => {
    const { message, code } = error as NodeJS.ErrnoException;
    return { step, at, error: { message, code } };
  };
  // Node takes a negative number for the present.
  const timeOf = ({ modified }: ReturnType<typeof readStep>) => (modified < 0 ? String(modified) : modified);

  /** @returns why its owner is not the one that it should have */
  const write = (step: ReturnType<typeof readStep>): unknown => {
    const { content } = step;
    const file = fs.openSync(step.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    let notGiven: unknown;
    try {
      for (let written = 0; written < content.length; ) written += fs.writeSync(file, content, written);
      try {
        if (step.isGiven) fs.fchownSync(file, step.uid, step.gid);
      } catch (error) {
        if (!isOneOf(error, ['EPERM', 'EINVAL'])) throw error;
        notGiven = error;
      }
      fs.futimesSync(file, timeOf(step), timeOf(step));
      fs.fchmodSync(file, step.mode);
      if (step.isFlushed) fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    return notGiven;
  };

  const flush = ({ path }: ReturnType<typeof readStep>): void => {
    try {
      const file = fs.openSync(path, 'r');
      try {
        fs.fsyncSync(file);
      } finally {
        fs.closeSync(file);
      }
    } catch (error) {
      // What its owner may not read was flushed before that mode was set.
      if (!isOneOf(error, ['EACCES'])) throw error;
    }
  };

  parentPort!.on('message', ({ bytes, steps }: Request) => {
    const answer: Answer = {};
    const buffer = Buffer.from(bytes.buffer);
    let at = 0;
    for (let place = 0; place < steps && !hasFailed; place++) {
      const step = read(buffer, at);
      try {
        if (step.kind === 'flush') {
          flush(step);
        } else if (step.kind === 'describe') {
          fs.chmodSync(step.path, step.mode);
          fs.utimesSync(step.path, timeOf(step), timeOf(step));
        } else {
          const notGiven = write(step);
          if (notGiven) answer.notGiven ??= refusal(place, at, notGiven);
        }
      } catch (error) {
        hasFailed = true;
        answer.failed = refusal(place, at, error);
      }
      at = step.end;
    }
    parentPort!.postMessage(answer);
  });
}
