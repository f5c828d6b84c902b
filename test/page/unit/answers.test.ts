import { ApiError, errorTextOf, isRefused } from '../../../page/src/api/api-error.js';
import { explain } from '../../../page/src/restore/explain.js';

describe('an error of the server', () => {
  it('is told in full, with its code and when to try again', () => {
    const body = { statusCode: 429, error: 'Too Many Requests', code: 'TOO_MANY_WRONG_KEYS', message: 'Wait.' };
    expect(ApiError.of(429, body, '30')).toMatchObject({
      status: 429,
      code: 'TOO_MANY_WRONG_KEYS',
      message: 'Wait.',
      retryAfter: 30,
    });
  });

  it('has a line for each message', () => {
    expect(ApiError.of(400, { code: 'INVALID_BODY', message: ['a', 'b'] }, null).message).toBe('a\nb');
  });

  it.each([null, '<html>', {}, { code: 5, message: { a: 1 } }])(
    'is told by its status where its body is %j',
    (body) => {
      const error = ApiError.of(502, body, 'Wed, 21 Oct 2026 07:28:00 GMT');
      expect([error.code, error.message, error.retryAfter]).toEqual([
        'HTTP_502',
        'The server answered with status 502.',
        null,
      ]);
    },
  );

  it('is told apart from what is not one', () => {
    expect(errorTextOf(new TypeError('broken'))).toEqual({ code: 'UNEXPECTED', message: 'broken' });
    expect(errorTextOf('text')).toEqual({ code: 'UNEXPECTED', message: 'text' });
  });

  it('is a refusal only where nothing else would be answered either', () => {
    const refusals = [
      [401, 'NOT_LOGGED_IN'],
      [403, 'NOT_SYSTEM_USER'],
      [404, 'NOT_FOUND'],
      [403, 'WRONG_KEY'],
      [503, 'DATABASE_UNAVAILABLE'],
    ] as const;
    expect(refusals.map(([status, code]) => isRefused(ApiError.of(status, { code, message: '' }, null)))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(isRefused(ApiError.unreachable())).toBe(false);
  });
});

describe('a restore in words', () => {
  const restore = { undoes: null, phase: 'done' } as Parameters<typeof explain>[0];

  it('says whether the old or the new state is there', () => {
    const said = (['restored', 'rolled-back', 'unchanged', 'unchecked', 'unknown', null] as const).map((result) => {
      const { level, title } = explain({ ...restore, result });
      return `${level}: ${title}`;
    });
    expect(said).toEqual([
      'good: Restored',
      'attention: Rolled back',
      'attention: Nothing was changed',
      'attention: Restored, but not checked',
      'bad: Not finished',
      'running: A restore is running',
    ]);
  });

  it('tells an application that is not healthy from one that was not checked', () => {
    const unhealthy = { ...restore, result: 'unchecked', error: { code: 'UNHEALTHY', message: '' } } as const;
    const { level, title } = explain(unhealthy);
    expect(`${level}: ${title}`).toBe('bad: Restored, but not healthy');
  });

  it('tells an undo from a restore', () => {
    const undo = { ...restore, undoes: 'other' };
    expect(explain({ ...undo, result: 'restored' }).title).toBe('Undone');
    expect(explain({ ...undo, result: null, phase: 'check' })).toMatchObject({
      title: 'A restore is being undone',
      text: expect.stringContaining('Checking the application'),
    });
  });
});
