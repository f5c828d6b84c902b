import { restoreRefused } from '../../../lib/errors/restore-errors.js';
import { errorText, isOpen, type RestoreState, stateOf } from '../../../lib/online/restore-state.js';

const state: RestoreState = {
  id: 'one',
  undoes: null,
  destination: 'vault',
  backup: 'two',
  phase: 'check',
  result: null,
  startedAt: '2026-11-29T00:00:00.000Z',
  finishedAt: null,
  point: { destination: 'vault', id: 'three' },
  error: null,
  user: 'ops',
  witness: 'four',
  rollback: null,
};

const records = (value: unknown) => [{ name: 'online-restore', value, age: 0 }];

describe('The record of a restore', () => {
  it('is read as it was written', () => {
    expect(stateOf(records(JSON.parse(JSON.stringify(state))))).toEqual(state);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a number', 5],
    ['an unknown phase', { ...state, phase: 'other' }],
    ['an unknown result', { ...state, result: 'other' }],
    ['a point without an id', { ...state, point: { destination: 'vault' } }],
    ['an error without a message', { ...state, error: { code: 'LOCKED' } }],
    ['a user that is no text', { ...state, user: {} }],
  ])('does not count with %s, which others may have written', (_, value) => {
    expect(stateOf(records(value))).toBeNull();
  });

  it('is open until it is known how the restore ended', () => {
    expect(
      [null, 'unknown', 'restored', 'unchanged'].map((result) => isOpen({ ...state, result } as RestoreState)),
    ).toEqual([true, true, false, false]);
  });

  it('tells what the library itself says, and nothing of other errors', () => {
    expect(errorText(restoreRefused('it differs', 'Use another.')).code).toBe('RESTORE_REFUSED');
    expect(errorText(new Error('secret'))).toEqual({ code: 'INTERNAL', message: 'Internal error; see the log.' });
    expect(errorText(restoreRefused('x'.repeat(5_000), 'Use another.')).message.length).toBeLessThanOrEqual(1_000);
  });
});
