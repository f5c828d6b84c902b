import { cleanUp } from '../support/when-interrupted.js';

/** Signals that end a process immediately unless it handles them. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How long a command may take to undo its work, in milliseconds. */
const UNDO_MS = 30_000;

/** The signal that interrupted the command, if one did. */
let received: NodeJS.Signals | undefined;
let gaveWay: NodeJS.Signals | undefined;
let undoing: AbortController | undefined;

/**
 * Runs work that undoes itself when it is aborted, which the first SIGINT, SIGTERM or SIGHUP does. A second signal, or any
 * signal while no such work runs, ends the process immediately; incomplete files are removed in any case.
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
 * To be called when a command has ended with an error.
 * @param undone whether that error means that it has undone everything
 * @returns the signal that it ended because of, if there was one
 */
export function giveWay(undone: boolean): NodeJS.Signals | undefined {
  gaveWay = undone ? received : undefined;
  return gaveWay;
}

/** The signal that the command ended because of. */
export function gaveWayTo(): NodeJS.Signals | undefined {
  return gaveWay;
}

/** @param say reports that the process ends immediately */
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
      undoing.abort(new Error(`Interrupted (${signal}).`));
    });
  }
}

/** Ends the process as the signal would have, so that its parent sees which signal ended it. */
export function endBy(signal: NodeJS.Signals): void {
  cleanUp();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
