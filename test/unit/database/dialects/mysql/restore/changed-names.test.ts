import { changedNames } from '../../../../../../lib/database/dialects/mysql/restore/changed-names.js';

describe('The names of what a statement of MariaDB changes or drops', () => {
  it.each([
    ['DROP VIEW IF EXISTS `Kept View`, other.second', ['kept view', 'second']],
    ['CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW app.v AS SELECT 1', ['v']],
    ['alter table if exists `a``b` add column c int', ['a`b']],
    ['ALTER SEQUENCE s RESTART 1', ['s']],
    ['RENAME TABLE a TO b', ['a', 'b']],
    ['/*!50001 DROP VIEW IF EXISTS v*/', ['v']],
    ['CREATE TABLE t (id int); TRUNCATE u', ['u']],
  ])('are found in %s', (sql, names) => {
    expect(changedNames(sql)).toEqual(expect.arrayContaining(names));
  });

  it.each([
    `CREATE VIEW w AS SELECT * FROM v`,
    `CREATE OR REPLACE VIEW w AS SELECT v FROM v`,
    `ALTER TABLE t ADD v int`,
    `INSERT INTO t VALUES ('; DROP TABLE v')`,
    `/* DROP TABLE v */ CREATE TABLE t (v int DEFAULT 1) -- ; DROP VIEW v`,
  ])('are not those that it reads or makes: %s', (sql) => {
    expect(changedNames(sql)).not.toContain('v');
  });
});
