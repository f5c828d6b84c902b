import {
  type LiveState,
  NOTHING_KNOWN,
  withProgress,
  withRunEvent,
  withStatus,
} from '../../../page/src/live/live-state.js';
import { rateOf, type Sample, sampled, shareOf, timeLeft } from '../../../page/src/live/rate.js';
import { runOf, statusOf } from './states.js';

const ended = { id: 'run', kind: 'backup', state: 'success', error: null } as const;
const known = (running = [runOf()]): LiveState => withStatus(NOTHING_KNOWN, statusOf({ running }), 1_000);
const runsOf = ({ status }: LiveState) => status!.running.map(({ id, rows }) => [id, rows]);

describe('the live state', () => {
  it('takes the progress of a run that it knows, and of one that it does not', () => {
    const state = withProgress(known(), runOf({ rows: 5 }), 2_000);
    expect(runsOf(withProgress(state, runOf({ id: 'other', rows: 7 }), 3_000))).toEqual([
      ['run', 5],
      ['other', 7],
    ]);
  });

  it('forgets a run that has ended, and does not bring it back by late progress', () => {
    const state = withRunEvent(known(), ended, 2_000);
    expect(runsOf(state)).toEqual([]);
    expect(state.ended).toEqual([ended]);
    expect(runsOf(withProgress(state, runOf({ rows: 9 }), 3_000))).toEqual([]);
  });

  it('takes a start for news of the server and for nothing else', () => {
    const state = withRunEvent(known(), { ...ended, state: 'started' }, 2_000);
    expect(runsOf(state)).toEqual([['run', 0]]);
    expect(state.heardAt).toBe(2_000);
  });

  it('keeps the samples of what runs, and of nothing else', () => {
    let state = known();
    state = withProgress(state, runOf({ work: { done: 500, total: 1000 } }), 2_000);
    expect(state.samples.run).toEqual([
      { at: 1_000, done: 0 },
      { at: 2_000, done: 500 },
    ]);
    expect(withRunEvent(state, ended, 3_000).samples).toEqual({});
  });

  it('remembers a bounded number of ends', () => {
    let state = known([]);
    for (let n = 0; n < 100; n++) state = withRunEvent(state, { ...ended, id: String(n) }, 2_000);
    expect(state.ended.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, n) => String(80 + n)));
  });
});

describe('the rate of a run', () => {
  const samplesOf = (...dones: number[]) =>
    dones.reduce<readonly Sample[]>((samples, done, index) => sampled(samples, { at: index * 1_000, done }), []);

  it('is measured over the last twenty seconds', () => {
    const slowThenFast = [...Array(30).fill(0), ...Array.from({ length: 30 }, (_, n) => (n + 1) * 1_000)];
    const samples = samplesOf(...slowThenFast);
    expect(rateOf(samples, samples.at(-1)!.at)).toBeCloseTo(1_000);
    expect(samples.length).toBeLessThan(25);
  });

  it('falls while nothing comes', () => {
    const samples = samplesOf(0, 1_000, 2_000);
    expect(rateOf(samples, 2_000)).toBe(1_000);
    expect(rateOf(samples, 20_000)).toBe(100);
  });

  it('is not known from one sample, nor from a moment', () => {
    expect(rateOf([], 0)).toBeNull();
    expect(rateOf(samplesOf(5), 0)).toBeNull();
    expect(
      rateOf(
        [
          { at: 0, done: 0 },
          { at: 500, done: 100 },
        ],
        500,
      ),
    ).toBeNull();
  });

  it('begins again with a run that begins again', () => {
    expect(samplesOf(0, 1_000, 2_000, 10)).toEqual([{ at: 3_000, done: 10 }]);
  });

  it('gives the time left, where there is a total', () => {
    expect(timeLeft({ done: 500, total: 1_500 }, 100)).toBe(10);
    expect(timeLeft({ done: 2_000, total: 1_500 }, 100)).toBe(0);
    expect(timeLeft({ done: 500, total: null }, 100)).toBeNull();
    expect(timeLeft({ done: 500, total: 1_500 }, 0)).toBeNull();
    expect(timeLeft({ done: 500, total: 1_500 }, null)).toBeNull();
  });

  it('gives a share, which an exceeded estimate does not make whole', () => {
    expect(shareOf({ done: 1, total: 4 })).toBe(0.25);
    expect(shareOf({ done: 9, total: 4 })).toBe(0.99);
    expect(shareOf({ done: 0, total: 0 })).toBeNull();
    expect(shareOf({ done: 5, total: null })).toBeNull();
  });
});
