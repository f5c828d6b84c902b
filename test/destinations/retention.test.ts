import type { RetentionPolicy } from 'nestjs-backup';
import { type Candidate, type Decision, decide } from '../../lib/store/retention/decide.js';
import { RESTORE_POINT } from '../../lib/store/stored-manifest.js';
import { type Chance, sampled } from '../fixtures/streams.js';
import { calendar, keptByModel } from './retention-model.js';

const ROUNDS = process.env.TEST_LONG ? 20 : 2;
/** The model is slow: one in so many decisions is compared with it. */
const COMPARED = process.env.TEST_LONG ? 5 : 15;
const LIMIT = process.env.TEST_LONG ? 600_000 : 120_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

const at = (time: string, more: Partial<Candidate> = {}): Candidate => ({
  id: time,
  createdAt: new Date(time),
  result: 'success',
  bytes: 10,
  lockedUntil: null,
  ...more,
});
const NOW = new Date('2026-11-23T12:00:00Z');
/** Times of what stays. */
const kept = (backups: Candidate[], policy: RetentionPolicy, now = NOW) =>
  decide(backups, policy, now)
    .filter(({ keep }) => keep)
    .map(({ backup }) => backup.id);

describe('Retention', () => {
  const days = ['2026-11-20T03:00:00Z', '2026-11-21T03:00:00Z', '2026-11-22T03:00:00Z', '2026-11-23T03:00:00Z'];
  const backups = () => days.map((day) => at(day));

  it.each<[string, RetentionPolicy, string[]]>([
    ['the last two', { last: 2 }, days.slice(2)],
    ['two days', { daily: 2 }, days.slice(2)],
    ['more days than there are', { daily: 9 }, days],
    ['two weeks: the newest of each, of which one ended on Sunday', { weekly: 2 }, days.slice(2)],
    ['one month', { monthly: 1 }, days.slice(3)],
    ['two months, of which there is one: the oldest too', { monthly: 2 }, [days[0]!, days[3]!]],
    ['what any rule wants', { last: 1, daily: 2, yearly: 5 }, [days[0]!, ...days.slice(2)]],
    ['everything, with a limit alone that is not reached', { maxBytes: 40 }, days],
    ['as much as the limit takes, the newest', { maxBytes: 25 }, days.slice(2)],
    ['the newest, above any limit', { maxBytes: 1 }, days.slice(3)],
  ])('keeps %s', (_what, policy, expected) => {
    expect(kept(backups(), policy)).toEqual(expected);
  });

  it('prefers the complete one of a period, and keeps the newest complete one whatever comes after it', () => {
    const list = [at('2026-11-22T01:00:00Z'), at('2026-11-22T02:00:00Z', { result: 'incomplete' })];
    expect(kept(list, { daily: 1 })).toEqual(['2026-11-22T01:00:00Z']);
    expect(kept(list, { last: 1 })).toEqual(list.map(({ id }) => id));
    expect(kept([...list, at('2026-11-23T01:00:00Z', { result: 'incomplete' })], { daily: 1, maxBytes: 1 })).toEqual([
      '2026-11-22T01:00:00Z',
    ]);
  });

  it('keeps restore points for seven days, in which they take no place from other backups', () => {
    const point = (time: string) => at(time, { manifest: { scheduled: { schedule: RESTORE_POINT } } });
    const points = [point('2026-11-23T05:00:00Z'), point('2026-11-16T13:00:00Z'), point('2026-11-16T11:00:00Z')];
    expect(kept([...backups(), ...points], { last: 1 }).toSorted()).toEqual([
      '2026-11-16T13:00:00Z',
      days[3]!,
      '2026-11-23T05:00:00Z',
    ]);
  });

  it('keeps the newest when none is complete', () => {
    const list = days.map((day) => at(day, { result: 'incomplete' }));
    expect(kept(list, { maxBytes: 1 })).toEqual([days[3]]);
  });

  it('neither counts nor gives up what failed, or is dated in the future', () => {
    const odd = [at('2026-11-23T11:00:00Z', { result: 'failed' }), at('2027-01-01T00:00:00Z')];
    expect(kept([...backups(), ...odd], { last: 1 })).toEqual([days[3], ...odd.map(({ id }) => id)]);
  });

  it('gives up nothing that is locked, and counts it', () => {
    const list = backups();
    list[1] = at(days[1]!, { lockedUntil: new Date('2026-12-01') });
    list[0] = at(days[0]!, { lockedUntil: new Date('2026-11-22') });
    expect(kept(list, { last: 1 })).toEqual([days[1], days[3]]);
    expect(kept(list, { maxBytes: 15 })).toEqual([days[1], days[3]]);
  });

  it('gives up nothing that was not read, and no other for its sake', () => {
    const list = backups();
    list[0] = at(days[0]!, { isUnread: true });
    expect(kept(list, { last: 3, maxBytes: 35 })).toEqual(days);
    expect(kept(backups(), { last: 3, maxBytes: 35 })).toEqual(days.slice(1));
  });

  it('says why', () => {
    const list = [...backups(), at('2026-11-23T11:00:00Z', { result: 'failed' })];
    const reasons = decide(list, { last: 1, weekly: 3, maxBytes: 15 }, NOW).map(({ reasons: why }) => why.join('; '));
    expect(reasons).toEqual([
      'over maxBytes, despite: weekly: oldest',
      'no rule keeps it',
      'over maxBytes, despite: weekly: week of 2026-11-16',
      'newest good backup; one of the last 1; weekly: week of 2026-11-23',
      'not stored completely, so not counted',
    ]);
  });

  it('has nothing to decide about nothing', () => expect(decide([], { last: 1 }, NOW)).toEqual([]));
});

/** A life of ten years: backups at odd times, some incomplete, failed, locked, perhaps dated wrongly; and pauses. */
function* tenYears(chance: Chance, every: number, oddDates: boolean): Generator<{ made: Candidate; now: Date }> {
  let now = Date.UTC(2020, chance.between(0, 11), chance.between(1, 28));
  const end = now + 3_652 * DAY;
  for (let number = 0; now < end; number++) {
    now += chance.between(1, 2 * every) + (chance.between(0, 200) === 0 ? chance.between(1, 90) * DAY : 0);
    const isOdd = oddDates && chance.between(0, 300) === 0;
    const lockedUntil = chance.between(0, 20) === 0 ? new Date(now + chance.between(1, 400) * DAY) : null;
    const made = {
      id: `${number}`,
      createdAt: new Date(isOdd ? now + chance.between(1, 500) * DAY : now),
      result: chance.of(['success', 'success', 'success', 'success', 'incomplete', 'failed'] as const),
      bytes: chance.between(1, 1_000),
      lockedUntil,
    };
    yield { made, now: new Date(now) };
  }
}

function anyPolicy(chance: Chance): RetentionPolicy {
  const policy: RetentionPolicy = {};
  for (const rule of RULES) if (chance.between(0, 2) === 0) policy[rule] = chance.between(0, 8);
  if (Object.values(policy).every((count) => count === 0)) policy.daily = chance.between(1, 10);
  if (chance.between(0, 3) === 0) policy.maxBytes = chance.between(1, 20_000);
  return policy;
}

function expectAsModel(decisions: Decision<Candidate>[], policy: RetentionPolicy, now: Date): void {
  const model = keptByModel(
    decisions.map(({ backup }) => backup),
    policy,
    now,
  );
  const wrong = decisions.find(({ backup, keep, reasons }) => keep !== model.has(backup) || reasons.length === 0);
  if (wrong) throw new Error(`The model decides otherwise: ${JSON.stringify({ policy, now, wrong })}`);
  const lost = decisions.find(({ backup, keep }) => !keep && backup.lockedUntil && backup.lockedUntil > now);
  if (lost) throw new Error(`It is locked: ${JSON.stringify(lost)}`);
}

/** Of all that was ever made, not only of what is still there. */
function expectNewestGood(ever: readonly Candidate[], left: ReadonlySet<Candidate>): void {
  const newest = ever.findLast(({ result }) => result === 'success');
  if (newest && !left.has(newest)) throw new Error(`The newest good one is gone: ${newest.createdAt.toISOString()}`);
}

/** The best backup of each of the newest periods of all that was ever made is there, and the first of all if they are few. */
function expectCoverage(ever: readonly Candidate[], left: ReadonlySet<Candidate>, policy: RetentionPolicy): void {
  const newest = ever.toReversed();
  for (const [rule, count] of Object.entries(policy)) {
    if (rule === 'last' || rule === 'maxBytes' || count === 0) continue;
    const groups = new Map<string, Candidate[]>();
    for (const backup of newest) {
      const period = calendar[rule]!(backup.createdAt);
      const group = groups.get(period);
      if (group) group.push(backup);
      else groups.set(period, [backup]);
    }
    for (const group of [...groups.values()].slice(0, count)) {
      const best = group.find(({ result }) => result === 'success') ?? group[0]!;
      if (!left.has(best)) throw new Error(`${rule}: ${best.createdAt.toISOString()} is gone`);
    }
    if (groups.size < count && !left.has(ever[0]!)) throw new Error(`${rule}: the first is gone`);
  }
}

describe('Retention over ten years', () => {
  it.each([
    ['every day', DAY],
    ['every few hours', 8 * HOUR],
  ])(
    `does what the model says, backup for backup: %s`,
    async (_how, every) => {
      await sampled(ROUNDS, async (chance) => {
        const [policy, pace, oddDates] = [anyPolicy(chance), chance.between(1, 40), chance.between(0, 1) === 0];
        const ever: Candidate[] = [];
        let present: Candidate[] = [];
        let [sincePruned, compared] = [0, 0];
        for (const { made, now } of tenYears(chance, every, oddDates)) {
          present.push(made);
          if (made.result !== 'failed') ever.push(made);
          if (++sincePruned < pace) continue;
          sincePruned = 0;
          const decisions = decide(present, policy, now);
          const left = new Set(decisions.filter(({ keep }) => keep).map(({ backup }) => backup));
          if (chance.between(1, COMPARED) === 1) {
            expectAsModel(decisions, policy, now);
            if (!oddDates) expectNewestGood(ever, left);
            if (!oddDates && !policy.maxBytes && ++compared % 10 === 0) expectCoverage(ever, left, policy);
          }
          // Of what failed, somebody tidies up.
          present = [...left].filter(({ result, createdAt }) => result !== 'failed' || +now - +createdAt < 30 * DAY);
        }
        expect(ever.length).toBeGreaterThan(100);
      });
    },
    LIMIT,
  );
});
