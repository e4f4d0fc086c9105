/** A table with fewer rows is read as a whole regardless of its indexes, and rightly so. */
const SMALL_TABLE_ROWS = 1_000

/** Indentation and arrow, then the node, then its costs. */
const NODE = /^[ \t]*(?:->[ \t]+)?(\S.*?)[ \t]+\(cost=/gm

/**
 * The nodes of a plan in the order in which PostgreSQL prints them, with the names of indexes, or of
 * relations where no index is used. Costs, times and row counts are left out, since they differ
 * between runs.
 */
export function summaryOf(plan: string): string {
  const nodes = [...plan.matchAll(NODE)].map(([, node = '']) => withoutAlias(node))
  const runs: { node: string; count: number }[] = []
  for (const node of nodes) {
    const last = runs.at(-1)
    if (last?.node === node) last.count += 1
    else runs.push({ node, count: 1 })
  }
  return runs.map(({ node, count }) => (count > 1 ? `${node} ×${count}` : node)).join(', ')
}

/**
 * `Index Scan using post_pkey on post post_2` becomes the scan and its index. The name of a daily
 * partition contains a date, which is replaced.
 */
function withoutAlias(node: string): string {
  const [, scan, index] = /^(.+) using (\S+) on /.exec(node) ?? []
  if (scan !== undefined) return `${scan} \`${withoutDate(index ?? '')}\``
  const [, bare, relation = ''] = /^(.+) on (".*"|\S+)/.exec(node) ?? []
  if (bare === undefined) return node
  return relation.startsWith('"*SELECT*') ? bare : `${bare} \`${withoutDate(relation)}\``
}

function withoutDate(name: string): string {
  return name.replace(/_\d{8}(?=_|$)/, '_<day>')
}

/** The tables that a plan reads as a whole, by the rows that it returned and discarded. */
export function tablesReadAsAWhole(plan: string): string[] {
  const scans: { table: string; rows: number }[] = []
  let current: { table: string; rows: number } | undefined
  for (const line of plan.split('\n')) {
    if (line.includes('(cost=')) {
      const [, table = '', rows] = /Seq Scan on (\w+).*rows=([\d.]+) loops/.exec(line) ?? []
      current = rows === undefined ? undefined : { table, rows: Number(rows) }
      if (current !== undefined) scans.push(current)
    }
    const removed = /^\s+Rows Removed by Filter: (\d+)/.exec(line)?.[1]
    if (removed !== undefined && current !== undefined) current.rows += Number(removed)
  }
  return scans.filter(({ rows }) => rows > SMALL_TABLE_ROWS).map(({ table }) => table)
}
