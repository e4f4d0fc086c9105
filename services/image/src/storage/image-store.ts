import { randomBytes } from 'node:crypto'

export type ImageVariant = 'image' | 'thumbnail'

/**
 * Stores the bytes: a folder, or any object store. Implementations accept only ids of the right form
 * (`isImageId`), so that no path or key is ever made from a client's text.
 */
export interface ImageStore {
  /** After it resolves, the bytes survive a power cut. */
  put(id: string, variant: ImageVariant, bytes: Buffer): Promise<void>
  find(id: string, variant: ImageVariant): Promise<Buffer | undefined>
  /** Both variants. Safe to repeat. */
  remove(id: string): Promise<void>
  /** The ids of files that were stored before `time`; an id may be returned twice. */
  idsOlderThan(time: Date): AsyncIterable<string>
  /** Removes the files of writes that were interrupted before `time`. Returns how many. */
  removeDebrisOlderThan(time: Date): Promise<number>
}

/** 128 random bits in lower-case hexadecimal: unguessable, and without any special character of a file system. */
export const newImageId = (): string => randomBytes(16).toString('hex')
export const isImageId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text)
