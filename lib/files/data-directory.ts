import { isAbsolute, relative, sep } from 'node:path';
import type { FileStore } from './store/file-store.js';

/** A data directory on this machine, or mounted on it. */
export interface LocalDirectory {
  /** Folder in the archive. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
}

/** A data directory in an object store. */
export interface StoreDirectory {
  /** Folder in the archive. */
  readonly name: string;
  readonly store: FileStore;
}

export type DataDirectory = LocalDirectory | StoreDirectory;

export function isLocal(directory: DataDirectory): directory is LocalDirectory {
  return 'path' in directory;
}

export function isStore(directory: DataDirectory): directory is StoreDirectory {
  return 'store' in directory;
}

/** @param outer real path of a directory; so is `inner` */
export function isWithin(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
