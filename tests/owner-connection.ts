import postgres, { type PostgresType, type Sql } from 'postgres'

const NUMBERS = {
  bigint: { to: 20, from: [20], parse: Number, serialize: String },
  numeric: { to: 1700, from: [1700], parse: Number, serialize: String },
}

/**
 * The owner's connection to a database, which sees the tables of every service: tests arrange rows
 * by it, and read what was stored. bigint and numeric become numbers.
 */
export const connectAsOwner = (ownerUrl: string, max = 2): Sql =>
  postgres<Record<string, PostgresType>>(ownerUrl, { max, types: NUMBERS, onnotice() {} })
