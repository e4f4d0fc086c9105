import { expect, test } from 'vitest'
import { summaryOf, tablesReadAsAWhole } from './summary.ts'

const PLAN = `duration: 0.280 ms
Limit  (cost=3.77..6.28 rows=21 width=16) (actual time=0.057..0.094 rows=21.00 loops=1)
  Buffers: shared hit=8
  ->  Index Scan Backward using post_pkey on post post_2  (cost=3.73..301.82 rows=2500 width=16) (actual time=0.056..0.092 rows=21.00 loops=1)
        Index Cond: (id < 7)
  ->  CTE Scan on bound bound_1  (cost=0.00..0.02 rows=1 width=8) (actual time=0.000..0.001 rows=1.00 loops=1)
  ->  CTE Scan on bound bound_2  (cost=0.00..0.02 rows=1 width=8) (actual time=0.000..0.001 rows=1.00 loops=1)
  ->  Seq Scan on member  (cost=0.00..0.02 rows=1 width=8) (actual time=0.000..0.001 rows=900.00 loops=1)
        Filter: (id > 7)
        Rows Removed by Filter: 200`

test('a summary names nodes, indexes and relations, without costs and aliases', () => {
  expect(summaryOf(PLAN)).toBe(
    'Limit, Index Scan Backward `post_pkey`, CTE Scan `bound` ×2, Seq Scan `member`',
  )
})

test('a summary is the same on every day', () => {
  const plan = `Append  (cost=0.00..0.02 rows=1 width=8)
  ->  Index Scan using outbox_20261201_pkey on outbox_20261201  (cost=0.00..0.02 rows=1 width=8)
  ->  Subquery Scan on "*SELECT* 1"  (cost=0.00..0.02 rows=1 width=8)
        ->  Seq Scan on outbox_20261202  (cost=0.00..0.02 rows=1 width=8)`
  expect(summaryOf(plan)).toBe(
    'Append, Index Scan `outbox_<day>_pkey`, Subquery Scan, Seq Scan `outbox_<day>`',
  )
})

test('a large table without an index scan is reported by returned and discarded rows', () => {
  expect(tablesReadAsAWhole(PLAN)).toEqual(['member'])
  expect(tablesReadAsAWhole(PLAN.replace('Filter: 200', 'Filter: 20'))).toEqual([])
})
