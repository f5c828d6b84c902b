/** What goes on as part of a sentence: words of others may end with a full stop of their own. */
export function clause(text: string): string {
  return text.replace(/(?<!\.)\.$/, '');
}
