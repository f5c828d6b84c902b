import { count as number } from '../../../lib/support/quantities.js';

export { size as sizeText } from '../../../lib/support/quantities.js';

/** A count with its noun: `1 row`, `3,580 rows`. */
export function countText(count: number, singular: string, plural = `${singular}s`): string {
  return `${number(count)} ${count === 1 ? singular : plural}`;
}
