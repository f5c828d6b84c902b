import { conditionOf, isLost } from '../../../../../lib/database/dialects/postgres/errors.js';

it.each([undefined, 'EPIPE', 'ECONNRESET', 'ETIMEDOUT', '57P01', '08006'])(
  '%s says that the connection is lost',
  (code) => {
    expect(isLost(code)).toBe(true);
  },
);

it.each(['23505', '40001', '25001', 'P0001', 'XX000', 'HV00A'])('%s is an answer of the server', (code) => {
  expect(isLost(code)).toBe(false);
});

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
