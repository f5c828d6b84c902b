import { holdsTime } from '../../archive/entry-times.js';
import type { FileDetails } from './read-file.js';

const SET_ID_BITS = 0o6000;
const STICKY_BIT = 0o1000;

/** The outcome for one data directory. */
export interface DirectoryReport {
  /** Files in the archive. */
  count: number;
  /** Total size of their content, in bytes. */
  bytes: number;
  /** Files that should be in the archive but are not. */
  skipped: Array<{ path: string; reason: string }>;
  /** What is left out by design, or was written to during the backup. */
  warnings: string[];
}

/** Adds what another walk has found; what it found again is not reported twice. */
export function joinReports(report: DirectoryReport, more: DirectoryReport): DirectoryReport {
  report.count += more.count;
  report.bytes += more.bytes;
  const known = new Set([...report.warnings, ...report.skipped.map(({ path }) => path)]);
  report.warnings.push(...more.warnings.filter((warning) => !known.has(warning)));
  report.skipped.push(...more.skipped.filter(({ path }) => !known.has(path)));
  return report;
}

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
