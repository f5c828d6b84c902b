import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathsTo, type UnsavedPaths } from '../read/unsaved-paths.js';
import { hasCode } from '../staging-errors.js';
import { type StagingLayout, statIfThere } from './staging-layout.js';

const END = '\0';

/** What the archive lacks of a path: all of it, or only some of what is below it. */
export type Lack = 'all' | 'some';

/** The paths of which the archive lacks something, as recorded beside the new files. */
export class UnsavedList {
  private constructor(private readonly lacks: ReadonlyMap<string, Lack>) {}

  /** Records them, together with whether they are among the new files, which are complete by then. */
  static async write({ fresh, unsaved }: StagingLayout, paths: UnsavedPaths): Promise<UnsavedList> {
    const lacks = new Map<string, Lack>();
    for (const path of paths) lacks.set(path, (await isThere(join(fresh, path))) ? 'some' : 'all');
    if (lacks.size > 0) {
      const lines = [...lacks].map(([path, lack]) => `${lack} ${path}${END}`);
      await writeFile(unsaved, lines.join(''), { flag: 'wx', mode: 0o600, flush: true });
    }
    return new UnsavedList(lacks);
  }

  /** Reads what `write` recorded; empty when an earlier version sealed the restore. */
  static async read({ unsaved }: StagingLayout): Promise<UnsavedList> {
    const text = await readFile(unsaved, 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return '';
      throw error;
    });
    const lines = text.split(END).slice(0, -1);
    return new UnsavedList(
      new Map(
        lines.map((line) => {
          const space = line.indexOf(' ');
          return [line.slice(space + 1), line.slice(0, space) as Lack];
        }),
      ),
    );
  }

  /** @param names the path components */
  of(names: readonly Buffer[]): Lack | undefined {
    if (this.lacks.size === 0) return undefined;
    let found: Lack | undefined;
    for (const path of pathsTo(names.join('/'))) {
      const lack = this.lacks.get(path);
      if (lack === 'all') return lack;
      found ??= lack;
    }
    return found;
  }

  /** The path components of what is below the top and has nothing among the new files. */
  *nested(): Generator<readonly Buffer[]> {
    for (const [path, lack] of this.lacks) {
      const names = path.split('/').map((name) => Buffer.from(name));
      if (lack === 'all' && names.length > 1 && this.of(names.slice(0, -1)) !== 'all') yield names;
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await statIfThere(path)) !== undefined;
  } catch (error) {
    if (hasCode(error, 'ENAMETOOLONG', 'EINVAL', 'EILSEQ')) return false;
    throw error;
  }
}
