import Type from 'typebox'

export const ImageDeletion = Type.Object({
  imageUrls: Type.Array(Type.String({ maxLength: 500 }), { maxItems: 100 }),
})

/**
 * The id of an image: the last segment of its address without query and extension. Undefined when
 * that is empty.
 */
export function imageIdOf(address: string): string | undefined {
  const path = address.split(/[?#]/, 1)[0] ?? ''
  const last = path.slice(path.lastIndexOf('/') + 1)
  const name = last.includes('.') ? last.slice(0, last.indexOf('.')) : last
  return name === '' ? undefined : name
}
