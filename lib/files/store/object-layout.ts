import { STAGING_NAME } from '../../archive/entry-names.js';
import { workName } from '../restore-owner.js';
import type { FileStore } from './file-store.js';

/** Prefix of everything that belongs to the library in a store. */
export const STAGING = `${STAGING_NAME}/`;
/** Says that a restore is sealed; written last and removed last. */
export const JOURNAL = `${STAGING}journal.json`;

/** The paths of one restore in a store. */
export interface ObjectLayout {
  readonly id: string;
  readonly work: string;
  /** Names the process that may take the next step; see claim.ts. */
  readonly claim: string;
  /** Prefix of the paths of the new files. */
  readonly fresh: string;
  readonly plan: string;
  /** Exists while files are put in place. */
  readonly placing: string;
  /** Prefix of the paths of what the application wrote in the meantime where the new files left no place for it. */
  readonly kept: string;
}

/** @param database the identity of its database; none in earlier versions */
export function objectLayout(id: string, database?: string): ObjectLayout {
  const work = `${STAGING}${workName({ id, database })}/`;
  return {
    id,
    work,
    claim: `${work}claim`,
    fresh: `${work}new/`,
    plan: `${work}plan.jsonl`,
    placing: `${work}placing`,
    kept: `kept-by-restore-${id}/`,
  };
}

/** A path of a store, for messages. */
export function placeOf({ location }: FileStore, path: string): string {
  return location.endsWith('/') ? location + path : `${location}/${path}`;
}

/** Attributes of the library's own files. */
export function ownAttributes(path: string) {
  return { modified: new Date(), mode: 0o600, path };
}
