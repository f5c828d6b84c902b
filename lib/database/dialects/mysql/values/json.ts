import { distinctKeys, wellFormedJson } from '../../../values/json-text.js';
import { UnfitError } from '../../../values/neutral.js';

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.(\d+))?(?:[eE][+-]?\d+)?/g;
/** The most digits of a decimal, and the most of them after the point. */
const [DIGITS, SCALE] = [65, 30];
/** As many digits as every double distinguishes from its neighbours. */
const DOUBLE_DIGITS = 15;

/**
 * JSON that MySQL stores without changing it: each key once, whole characters, numbers that are doubles or decimals.
 * @throws UnfitError
 */
export function mysqlJson(json: string): string {
  for (const [token, fraction = ''] of json.matchAll(TOKEN)) {
    if (!token.startsWith('"') && !isHeld(token, fraction.length)) {
      throw new UnfitError('are JSON with a number that the target would round');
    }
  }
  return distinctKeys(wellFormedJson(json));
}

function isHeld(token: string, scale: number): boolean {
  if (!Number.isFinite(Number(token))) return false;
  const [digits = '', exponent] = token.replace('-', '').toLowerCase().split('e');
  const count = digits.replace('.', '').replace(/^0+/, '').length;
  return exponent === undefined ? count <= DIGITS && scale <= SCALE : count <= DOUBLE_DIGITS;
}
