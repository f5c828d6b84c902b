import { describeEngine } from '../../../fixtures/databases.js';
import { Pair } from '../../../fixtures/pair.js';

describeEngine('Materialized views in a restore', 'postgres', (engine) => {
  it('forbids nothing when it cannot be refreshed or was never filled, and is named', async () => {
    const schema = [
      'CREATE TABLE t (n int)',
      'CREATE MATERIALIZED VIEW fine AS SELECT sum(n)::int AS n FROM t',
      'CREATE MATERIALIZED VIEW above AS SELECT n FROM fine',
      'CREATE MATERIALIZED VIEW bare AS SELECT n FROM t WITH NO DATA',
      'CREATE MATERIALIZED VIEW broken AS SELECT 1 / n AS n FROM t',
      'CREATE TABLE elsewhere (n int)',
      'CREATE MATERIALIZED VIEW apart AS SELECT random() AS n FROM elsewhere',
    ];
    const pair = await Pair.open(engine, { schema });
    try {
      await pair.source.query('INSERT INTO t VALUES (0), (7)');
      const { warnings } = await pair.carryAndReport();
      expect(warnings.toSorted()).toEqual([
        'Materialized view "public.bare" was never filled here (WITH NO DATA) and stays empty until it is refreshed.',
        'Materialized view "public.broken" could not be refreshed (division by zero, 22012) and still holds what it held before the restore.',
      ]);
      expect(await pair.target.query('SELECT n FROM above')).toEqual([{ n: 7 }]);
      expect(await pair.target.query('SELECT n FROM t ORDER BY n')).toEqual([{ n: 0 }, { n: 7 }]);
    } finally {
      await pair.close();
    }
  });
});
