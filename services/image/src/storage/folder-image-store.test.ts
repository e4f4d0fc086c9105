import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FolderImageStore } from './folder-image-store.ts'
import { newImageId } from './image-store.ts'

let folder: string
let store: FolderImageStore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-store-'))
  store = new FolderImageStore(join(folder, 'made', 'when', 'needed'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('stored bytes are found, replaced as a whole, and removed, also twice', async () => {
  const id = newImageId()
  expect(await store.find(id, 'image')).toBeUndefined()
  await store.put(id, 'image', Buffer.from('one'))
  await store.put(id, 'image', Buffer.from('two'))
  expect(String(await store.find(id, 'image'))).toBe('two')
  expect(await store.find(id, 'thumbnail')).toBeUndefined()
  await store.remove(id)
  await store.remove(id)
  expect(await store.find(id, 'image')).toBeUndefined()
})

test('files are stored two levels deep and readable by the owner only', async () => {
  const id = newImageId()
  await store.put(id, 'thumbnail', Buffer.from('x'))
  const path = join(
    folder,
    'made',
    'when',
    'needed',
    id.slice(0, 2),
    id.slice(2, 4),
    `${id}-thumbnail.webp`,
  )
  expect((await stat(path)).mode & 0o077).toBe(0)
  expect(
    (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.tmp')),
  ).toEqual([])
})

test('only ids of the right form become paths', async () => {
  for (const id of [
    '',
    '..',
    '../../etc/passwd',
    'A'.repeat(32),
    'g'.repeat(32),
    `${'a'.repeat(32)}/x`,
    'a'.repeat(31),
    `${'a'.repeat(32)}\0`,
  ]) {
    await expect(store.put(id, 'image', Buffer.from('x'))).rejects.toThrow(TypeError)
    await expect(store.find(id, 'image')).rejects.toThrow(TypeError)
    await expect(store.remove(id)).rejects.toThrow(TypeError)
  }
})
