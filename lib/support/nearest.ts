/** Farther ones are no typing mistakes. */
const FARTHEST = 3;

/** Names in order, after the one that was probably meant: `Did you mean path? Known options: guards, path.` */
export function knownOptions(name: string, known: Iterable<string>): string {
  const names = [...known].toSorted((one, other) => one.localeCompare(other, 'en'));
  const meant = meantBy(name, names);
  return `${meant === undefined ? '' : `Did you mean ${meant}? `}Known options: ${names.join(', ')}.`;
}

/** The name that was probably meant; undefined if none is near. */
export function meantBy(name: string, names: readonly string[]): string | undefined {
  const distances = names.map((one) => distance(one.toLowerCase(), name.toLowerCase()));
  const least = Math.min(...distances);
  return least <= FARTHEST && least < name.length / 2 ? names[distances.indexOf(least)] : undefined;
}

/** How many characters have to be inserted, deleted or replaced. */
function distance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (const [row, character] of [...one].entries()) {
    const line = [row + 1];
    for (let column = 0; column < other.length; column++) {
      const replaced = above[column]! + (character === other[column] ? 0 : 1);
      line.push(Math.min(replaced, above[column + 1]! + 1, line[column]! + 1));
    }
    above = line;
  }
  return above.at(-1)!;
}
