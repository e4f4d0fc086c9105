import { randomBytes } from 'node:crypto'

export type ImageVariant = 'image' | 'thumbnail'

/**
 * Where the bytes are: a folder, or any store of objects. An id is always one of ours (`isImageId`); an implementation
 * refuses any other, so that no path or key is ever made from what a client wrote.
 */
export interface ImageStore {
  /** Once resolved, the bytes outlive a power cut. */
  put(id: string, variant: ImageVariant, bytes: Buffer): Promise<void>
  find(id: string, variant: ImageVariant): Promise<Buffer | undefined>
  /** Both variants. Safe to repeat. */
  remove(id: string): Promise<void>
  /** Ids of which something is stored since before `time`; an id may come twice. */
  idsOlderThan(time: Date): AsyncIterable<string>
  /** What interrupted writes left behind since before `time`. Returns how much that was. */
  removeDebrisOlderThan(time: Date): Promise<number>
}

/** 128 random bits in lower-case hexadecimal: nobody guesses one, and no letter of it means anything to a file system. */
export const newImageId = (): string => randomBytes(16).toString('hex')
export const isImageId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text)
