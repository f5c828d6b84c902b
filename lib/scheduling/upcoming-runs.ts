import { Injectable } from '@nestjs/common';

/** The next run of a schedule. */
export interface UpcomingRun {
  readonly name: string;
  readonly kind: 'backup' | 'restore-test';
  readonly at: Date;
  readonly destinations: readonly string[];
}

type Source = () => readonly UpcomingRun[] | Promise<readonly UpcomingRun[]>;

/** What is due next, according to whatever keeps the time. */
@Injectable()
export class UpcomingRuns {
  private readonly sources: Source[] = [];

  /** @param source asked each time; a failure means that nothing is known */
  announce(source: Source): void {
    this.sources.push(source);
  }

  /** Soonest first. */
  async all(): Promise<UpcomingRun[]> {
    const known = await Promise.all(this.sources.map(async (source) => source()).map((runs) => runs.catch(() => [])));
    return known.flat().toSorted((one, other) => one.at.getTime() - other.at.getTime());
  }
}
