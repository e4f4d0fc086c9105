import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A schema and the folder of plain SQL files that create it, in the order of their names. */
export interface SchemaMigrations {
  schema: string
  folder: string
}

export interface Migration {
  /** `schema/file.sql` */
  name: string
  text: string
  /** SHA-256 of the text in hexadecimal. */
  checksum: string
}

/** Reads the migrations of all schemas, in the order in which they run. */
export async function readMigrations(schemas: readonly SchemaMigrations[]): Promise<Migration[]> {
  const perSchema = await Promise.all(
    schemas.map(async ({ schema, folder }) => {
      const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
      return Promise.all(
        files.map(async (file) => {
          const text = await readFile(join(folder, file), 'utf8')
          return { name: `${schema}/${file}`, text, checksum: checksumOf(text) }
        }),
      )
    }),
  )
  return perSchema.flat()
}

/** A checkout may convert line endings, which changes no statement. */
const checksumOf = (text: string): string =>
  createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
