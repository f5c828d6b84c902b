import { conditionOf } from '../../../lib/database/dialects/postgres/sqlstates.js';

describe('The code of an error of PostgreSQL', () => {
  it.each([
    ['23505', 'unique violation, 23505'],
    ['23999', 'integrity constraint violation, 23999'],
    ['P0002', 'PL/pgSQL error, P0002'],
    ['99999', '99999'],
    ['EPIPE', 'EPIPE'],
    ['ECONNRESET', 'ECONNRESET'],
  ])('%s is "%s"', (code, words) => {
    expect(conditionOf(code)).toBe(words);
  });
});
