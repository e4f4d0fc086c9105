import type { TopicRecord } from './topic-record.ts'

/** The header of a record with the id of the installation that sent it. */
const NAME = 'installation'

/** Headers of a record, as the producer sends them. */
export type RecordHeaders = ReadonlyMap<Buffer, Buffer>

/** The same headers serve every record of an installation. */
export const installationHeaders = (id: string): RecordHeaders =>
  new Map([[Buffer.from(NAME), Buffer.from(id)]])

/** Undefined for a record of a release that sent no header. */
export const findInstallationOf = ({ headers }: Pick<TopicRecord, 'headers'>): string | undefined =>
  headers.find(([name]) => name === NAME)?.[1]
