import { refuseTransactionControl } from '../../../../lib/database/dialects/transaction-control.js';

describe('statements that would end a transaction that is not theirs', () => {
  it.each([
    'COMMIT',
    ' /* why */ rollback work',
    '-- why\nEND',
    `INSERT INTO t VALUES ('-- '); COMMIT`,
    `INSERT INTO t VALUES ('/*'); COMMIT; SELECT '*/'`,
    "INSERT INTO `it's` VALUES (1); COMMIT",
  ])('refuses %j', (sql) => {
    expect(() => refuseTransactionControl(sql)).toThrow('by itself');
  });

  it.each([
    'SAVEPOINT a',
    'ROLLBACK TO a',
    `INSERT INTO t VALUES ('; COMMIT')`,
    "-- it's a comment\nSELECT 1 -- ; COMMIT '",
    'CREATE FUNCTION f() RETURNS void AS $body$ BEGIN; COMMIT; END $body$',
  ])('lets %j pass', (sql) => {
    expect(() => refuseTransactionControl(sql)).not.toThrow();
  });
});
