import { Failure } from '@dailyfeed/http-server/envelope'
import type { UpstreamName } from '../config.ts'
import { findService } from '../public-path.ts'

const METHODS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options', 'trace'] as const

export interface Operation {
  operationId?: string
  tags?: string[]
  responses?: Record<string, unknown>
  security?: unknown[]
  [member: string]: unknown
}
type PathItem = Partial<Record<(typeof METHODS)[number], Operation>>

export interface OpenApiDocument {
  openapi: string
  info: Record<string, unknown>
  servers?: unknown[]
  paths: Record<string, PathItem>
  components?: { schemas?: Record<string, unknown>; securitySchemes?: Record<string, unknown> }
  tags?: unknown[]
}

const FAILURE = {
  description: 'Failure, in the envelope',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
}

/** Merges the documents of the services into one that describes the paths which the gateway forwards. */
export function mergeDocuments(
  documents: ReadonlyMap<UpstreamName, OpenApiDocument>,
): OpenApiDocument {
  const paths: Record<string, PathItem> = {}
  const schemas: Record<string, unknown> = { Failure: withoutMarks(Failure) }
  const operationIds = new Set<string>()
  const tags = new Set<string>()

  for (const [service, document] of documents) {
    const { paths: ownPaths, components } = withOwnNames(service, document)
    Object.assign(schemas, components?.schemas)
    for (const [path, item] of Object.entries(ownPaths)) {
      if (findService(path) !== service) continue
      for (const method of METHODS) {
        const operation = item[method]
        if (operation === undefined) continue
        operation.tags ??= [service]
        for (const tag of operation.tags) tags.add(tag)
        paths[path] ??= {}
        const target = paths[path]
        target[method] = {
          ...operation,
          operationId: uniqueIn(operationIds, operation.operationId ?? operationIdOf(method, path)),
          responses: { ...operation.responses, default: FAILURE },
        }
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Dailyfeed',
      version: '1',
      description:
        'The whole public API. Every answer has an envelope, and every failure the same one.',
    },
    servers: [{ url: '/', description: 'The server that sent this document' }],
    tags: [...tags].sort().map((name) => ({ name })),
    paths: Object.fromEntries(
      Object.entries(paths).sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
    components: {
      schemas,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }
}

/** Prefixes the names of schemas with the service, since two services may use the same name. */
function withOwnNames(service: UpstreamName, document: OpenApiDocument): OpenApiDocument {
  const text = JSON.stringify(document).replaceAll(
    '"#/components/schemas/',
    `"#/components/schemas/${service}.`,
  )
  const own = withoutMarks(JSON.parse(text)) as OpenApiDocument
  const schemas = Object.entries(own.components?.schemas ?? {}).map(([name, schema]) => [
    `${service}.${name}`,
    schema,
  ])
  return { ...own, components: { ...own.components, schemas: Object.fromEntries(schemas) } }
}

/** Removes TypeBox's marks (`~kind`) and `$id`, which would change the base of every reference below it. */
function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([name, member]) => !name.startsWith('~') && !(name === '$id' && typeof member === 'string'),
  )
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutMarks(member)]))
}

/** `GET /api/posts/{postId}/like` → `getPostsByPostIdLike`. */
function operationIdOf(method: string, path: string): string {
  const words = path
    .replace(/^\/api\//, '')
    .replaceAll(/\{(\w+)\}/g, 'by-$1')
    .split(/[^A-Za-z0-9]+/)
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function uniqueIn(taken: Set<string>, wanted: string): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted}${count}`
  taken.add(name)
  return name
}
