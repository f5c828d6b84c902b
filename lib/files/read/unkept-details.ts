import { holdsTime } from '../../archive/entry-times.js';
import type { FileDetails } from './read-file.js';

const SET_ID_BITS = 0o6000;
const STICKY_BIT = 0o1000;

/** How many there are, and the first of them. */
interface Tally {
  count: number;
  first: string;
}

/** What an archive, or a restore from it, does not preserve about the files of one data directory. */
export class UnkeptDetails {
  private readonly tallies = new Map<string, Tally>();
  private owner: { readonly uid: number; readonly gid: number } | undefined;

  seeDirectory(full: string, details: Required<FileDetails>, isDataDirectory: boolean): void {
    if (isDataDirectory) this.owner = details;
    this.see(full, details);
  }

  seeFile(full: string, details: FileDetails): void {
    if ((details.mode & (SET_ID_BITS | STICKY_BIT)) !== 0) {
      this.count('set-user-id, set-group-id or sticky bits, which are not restored', full);
    }
    if ((details.nlink ?? 1) > 1) this.count('more than one name (hard links), restored as separate copies', full);
    this.see(full, details);
  }

  warnings(): string[] {
    return [...this.tallies].map(([what, { count, first }]) =>
      count === 1 ? `${first}: it has ${what}` : `${first} and ${count - 1} more have ${what}`,
    );
  }

  private see(full: string, { uid, gid, mtimeMs }: FileDetails): void {
    if (!holdsTime(mtimeMs)) this.count('a time that an archive cannot hold', full);
    const { owner } = this;
    if (!owner || uid === undefined || (uid === owner.uid && gid === owner.gid)) return;
    this.count('a different owner or group from the data directory, which is not kept', full);
  }

  private count(what: string, first: string): void {
    const tally = this.tallies.get(what);
    if (tally) tally.count++;
    else this.tallies.set(what, { count: 1, first });
  }
}
