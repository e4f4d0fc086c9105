import { Ajv } from 'ajv'
import type { Static, TObject } from 'typebox'

/** A wrong setting, in one line for the terminal: the variable, its value, and what it must be. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError'
}

/**
 * Reads environment variables by a schema whose property names are the variables' names. An empty variable counts as
 * absent. Throws a ConfigurationError for the first wrong value.
 */
export function readConfigOrThrow<T extends TObject>(schema: T, env: NodeJS.ProcessEnv): Static<T> {
  const values: Record<string, unknown> = {}
  for (const name of Object.keys(schema.properties)) {
    const value = env[name]
    if (value !== undefined && value !== '') values[name] = value
  }
  const given = { ...values }
  const validate = new Ajv({ coerceTypes: true, useDefaults: true, strict: false }).compile(schema)
  if (!validate(values)) {
    const error = validate.errors?.[0]
    const name =
      error?.keyword === 'required'
        ? String(error.params['missingProperty'])
        : (error?.instancePath ?? '').slice(1)
    const expected = describe(schema.properties[name])
    if (!(name in given)) throw new ConfigurationError(`${name} is not set; it must be ${expected}`)
    throw new ConfigurationError(
      `${name} is ${isSecret(name) ? 'not acceptable' : `'${given[name]}'`}; it must be ${expected}`,
    )
  }
  return values as Static<T>
}

const isSecret = (name: string) => /TOKEN|KEY|SECRET|PASSWORD|CALLERS|DATABASE/.test(name)

export interface SettingSchema {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: SettingSchema[]
  minimum?: number
  maximum?: number
  minLength?: number
  pattern?: string
  description?: string
  default?: unknown
}

/** The values that a setting may have, in words. */
export function describe(schema: SettingSchema | undefined): string {
  if (schema === undefined) return 'something else'
  if (schema.anyOf !== undefined)
    return schema.anyOf.map((option) => String(option.const)).join(' or ')
  if (schema.enum !== undefined) return schema.enum.join(' or ')
  const { minimum, maximum, minLength } = schema
  if (schema.type === 'integer' && minimum !== undefined && maximum !== undefined)
    return `a whole number from ${minimum} to ${maximum}`
  if (schema.type === 'integer')
    return `a whole number${minimum === undefined ? '' : ` of at least ${minimum}`}`
  if (minLength !== undefined && minLength > 1) return `text of at least ${minLength} characters`
  return schema.description ?? 'text'
}
