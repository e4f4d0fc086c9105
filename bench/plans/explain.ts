import postgres, { type PostgresType, type Sql } from 'postgres'

export interface Plan {
  name: string
  /** The plans of all statements of the query, as PostgreSQL prints them. */
  text: string
}

export interface HotQuery {
  name: string
  run(): Promise<unknown>
}

interface ExplainingConnection {
  sql: Sql
  explain(queries: readonly HotQuery[]): Promise<Plan[]>
}

/** Each query runs so often; the plan of the last run is taken, when code and buffers are warm. */
const RUNS = 3

/** A connection on which auto_explain reports the plan of each statement as a notice. */
export function connectExplaining(ownerUrl: string): ExplainingConnection {
  const notices: string[] = []
  const sql = postgres<Record<string, PostgresType>>(ownerUrl, {
    max: 1,
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
    connection: {
      options: [
        'session_preload_libraries=auto_explain',
        'auto_explain.log_min_duration=0',
        'auto_explain.log_analyze=on',
        'auto_explain.log_buffers=on',
        'auto_explain.log_level=notice',
      ]
        .map((setting) => `-c ${setting}`)
        .join(' '),
    },
    onnotice: ({ message = '' }) => void notices.push(message),
  })
  return {
    sql,
    async explain(queries) {
      const plans: Plan[] = []
      for (const { name, run } of queries) {
        for (let n = 0; n < RUNS; n += 1) {
          notices.length = 0
          await run()
        }
        plans.push({ name, text: notices.map(withoutStatement).join('\n\n') })
      }
      return plans
    },
  }
}

/** auto_explain prints the statement first, which stands in the code already. */
function withoutStatement(notice: string): string {
  const [duration = '', ...lines] = notice.split('\n')
  const first = lines.findIndex((line) => /\(cost=/.test(line))
  return [duration.replace(/\s*plan:\s*$/, ''), ...lines.slice(first)].join('\n')
}
