/** What a row may lose: its share of the saved run's value. The rest is for errors of rounding. */
const TOLERANCE = 0.05 + 1e-9;

/**
 * What has changed since a saved run.
 * @param before, after contents of bench.json: `lines` of { work, peer, value, moreIsBetter }
 * @returns of each line of `after`: { work, peer, before, after, change, lost }, where a change of 0.1 is a tenth more, and
 *   undefined if one of both runs has no value
 */
export function compareRuns(before, after) {
  const key = ({ work, peer }) => JSON.stringify([work, peer]);
  const saved = new Map(before.lines.map((line) => [key(line), valueOf(line)]));
  return after.lines.map((line) => {
    const { work, peer, moreIsBetter } = line;
    const values = { before: saved.get(key(line)), after: valueOf(line) };
    const change = changeOf(values);
    const lost = change !== undefined && (moreIsBetter ? -change : change) > TOLERANCE;
    return { work, peer, ...values, change, lost };
  });
}

/** Runs that were saved before lines had a value have the ratio that the table shows. */
function valueOf({ value, ratio }) {
  const number = value ?? Number(ratio);
  return Number.isFinite(number) ? number : undefined;
}

function changeOf({ before, after }) {
  if (before === undefined || after === undefined) return undefined;
  return before === after ? 0 : after / before - 1;
}

/** Sizes that two runs do not share, so that they cannot be compared; how often each row ran does not matter. */
export function otherSizes(before, after) {
  const differs = (name) => name in after && JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  return Object.keys(before).filter((name) => name !== 'rounds' && differs(name));
}
