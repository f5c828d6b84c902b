import { comparePaths } from './list-files.js';

interface Named {
  readonly path: string;
}

/** What two lists have of one path. */
export interface Matched<One, Other> extends Named {
  readonly one?: One;
  readonly other?: Other;
}

/** Joins two lists, both ordered by `comparePaths`: each path once, with what either has of it. */
export async function* mergeJoin<One extends Named, Other extends Named>(
  ones: AsyncIterable<One>,
  others: AsyncIterable<Other>,
): AsyncGenerator<Matched<One, Other>> {
  const [left, right] = [ones[Symbol.asyncIterator](), others[Symbol.asyncIterator]()];
  try {
    let [one, other] = [await left.next(), await right.next()];
    while (!one.done || !other.done) {
      const order = one.done ? 1 : other.done ? -1 : comparePaths(one.value.path, other.value.path);
      const first = order <= 0 ? (one.value as One) : undefined;
      const second = order >= 0 ? (other.value as Other) : undefined;
      yield { path: (first ?? second)!.path, one: first, other: second };
      if (first) one = await left.next();
      if (second) other = await right.next();
    }
  } finally {
    await left.return?.();
    await right.return?.();
  }
}
