import { isLost } from '../../../lib/database/dialects/postgres/lost-connection.js';

it.each([undefined, 'EPIPE', 'ECONNRESET', 'ETIMEDOUT', '57P01', '08006'])(
  '%s says that the connection is lost',
  (code) => {
    expect(isLost(code)).toBe(true);
  },
);

it.each(['23505', '40001', '25001', 'P0001', 'XX000', 'HV00A'])('%s is an answer of the server', (code) => {
  expect(isLost(code)).toBe(false);
});
