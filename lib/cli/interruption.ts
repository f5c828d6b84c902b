import { cleanUp } from '../support/when-interrupted.js';

/** Those that end a process at once, unless it says otherwise. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How long a command may take to undo what it has begun, in milliseconds. */
const UNDO_MS = 30_000;

/** The signal that has ended the command, if one has. */
let received: NodeJS.Signals | undefined;
let gaveWay: NodeJS.Signals | undefined;
let undoing: AbortController | undefined;

/**
 * Work that undoes itself when it is aborted, which a first SIGINT, SIGTERM or SIGHUP does. Without any such work a signal
 * ends the process at once, and so does a second one; files that are not whole are removed in any case.
 */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  undoing = new AbortController();
  try {
    return await work(undoing.signal);
  } finally {
    undoing = undefined;
  }
}

/**
 * For a command that has ended with an error.
 * @param undone whether that means that it has undone everything
 * @returns the signal that it gave way to, if it did
 */
export function giveWay(undone: boolean): NodeJS.Signals | undefined {
  gaveWay = undone ? received : undefined;
  return gaveWay;
}

/** The signal that the command gave way to. */
export function gaveWayTo(): NodeJS.Signals | undefined {
  return gaveWay;
}

/** @param say what is to be said of the end at once */
export function handleSignals(say: (signal: NodeJS.Signals) => void): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const atOnce = () => {
        say(signal);
        endBy(signal);
      };
      if (!undoing || received) return atOnce();
      received = signal;
      setTimeout(atOnce, UNDO_MS).unref();
      undoing.abort(new Error(`It was interrupted (${signal}).`));
    });
  }
}

/** Ends the process as the signal would have, so that whoever waits for it sees that. */
export function endBy(signal: NodeJS.Signals): void {
  cleanUp();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
