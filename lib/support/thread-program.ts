/**
 * The text of a function as the program of a thread, which so runs from any place that an application was compiled or
 * bundled to. Bundlers that keep names call a helper of theirs in it.
 */
export function programOf(main: () => void): string {
  return `const __name = (value) => value; (${main.toString()})();`;
}
