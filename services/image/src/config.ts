import { join } from 'node:path'
import {
  internalCallersOrThrow,
  internalTokenOrThrow,
} from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import {
  databaseSettings,
  internalSettings,
  serverSettings,
  tokenSettings,
} from '@dailyfeed/configuration/settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'
import { MAX_UPLOAD_BYTES } from './upload/multipart-image.ts'

export const ImageSettings = Type.Object({
  ...serverSettings('image'),
  ...rateLimitSettings,
  ...databaseSettings,
  ...tokenSettings,
  ...redisSettings,
  ...internalSettings,
  IMAGE_DIR: Type.Optional(
    Type.String({ maxLength: 1_000, description: 'folder of the stored images' }),
  ),
  IMAGE_UPLOADS_PER_HOUR: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 60,
    description: 'uploads of one member in one hour',
  }),
  IMAGE_UPLOAD_BYTES_MAX: Type.Integer({
    minimum: MAX_UPLOAD_BYTES,
    maximum: 16 * 1024 * 1024 * 1024,
    default: 64 * 1024 * 1024,
    description: 'bytes of uploads that are held in memory at once',
  }),
})

export type ImageConfig = ReturnType<typeof readImageConfigOrThrow>

export function readImageConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(ImageSettings, env)
  return {
    ...config,
    IMAGE_DIR: config.IMAGE_DIR ?? join(config.DATA_DIR, 'images'),
    INTERNAL_TOKEN: internalTokenOrThrow('image', config),
    INTERNAL_CALLERS: internalCallersOrThrow('image', config),
  }
}
