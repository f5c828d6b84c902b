/** Makes a text fit inside a sentence: texts from elsewhere may end with a full stop. */
export function clause(text: string): string {
  return text.replace(/(?<!\.)\.$/, '');
}
