/**
 * The text of a function as the program of a thread, which so runs from any place that an application was compiled or
 * bundled to. Bundlers that keep names call a helper of theirs in it.
 * @param parts functions that it gets as its arguments; they must not use anything outside themselves either
 */
export function programOf<Parts extends Array<(...given: any[]) => unknown>>(
  main: (...parts: Parts) => void,
  ...parts: Parts
): string {
  return `const __name = (value) => value; (${main.toString()})(${parts.map(String).join(', ')});`;
}

/**
 * The same for a thread that nobody waits for at once: on Linux, the application's own thread comes first whenever both
 * have work.
 */
export function backgroundProgramOf<Parts extends Array<(...given: any[]) => unknown>>(
  main: (...parts: Parts) => void,
  ...parts: Parts
): string {
  return `(${giveWay.toString()})(); ${programOf(main, ...parts)}`;
}

/** What it uses has to be in itself. */
function giveWay(): void {
  try {
    // There, threads have priorities of their own.
    if (process.platform === 'linux') process.getBuiltinModule('node:os').setPriority(10);
  } catch {
    // A sandbox may forbid it.
  }
}
