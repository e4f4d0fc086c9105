interface BmpParts {
  width: number
  /** Negative where the first row is the topmost. */
  height: number
  bits: number
  pixels: Buffer
  compression?: number
  /** Red, green and blue of each entry. */
  palette?: readonly (readonly [number, number, number])[]
  masks?: readonly number[]
  /** Unused bytes between the header and the pixels. */
  gap?: number
}

/** Writes a BMP byte by byte, since no library here writes every kind of BMP. */
export function bmpOf({
  width,
  height,
  bits,
  pixels,
  compression = 0,
  palette = [],
  masks = [],
  gap = 0,
}: BmpParts): Buffer {
  const headers = Buffer.alloc(54)
  const body = Buffer.concat([
    Buffer.from(new Uint32Array(masks).buffer),
    Buffer.from(palette.flatMap(([red, green, blue]) => [blue, green, red, 0])),
    Buffer.alloc(gap),
  ])
  headers.write('BM')
  headers.writeUInt32LE(54 + body.length + pixels.length, 2)
  headers.writeUInt32LE(54 + body.length, 10)
  headers.writeUInt32LE(40, 14)
  headers.writeInt32LE(width, 18)
  headers.writeInt32LE(height, 22)
  headers.writeUInt16LE(1, 26)
  headers.writeUInt16LE(bits, 28)
  headers.writeUInt32LE(compression, 30)
  headers.writeUInt32LE(palette.length, 46)
  return Buffer.concat([headers, body, pixels])
}

/** A 24-bit BMP of one colour. */
export function flatBmp(
  width: number,
  height: number,
  [red, green, blue]: readonly [number, number, number],
): Buffer {
  const row = Buffer.alloc(Math.ceil((width * 3) / 4) * 4)
  for (let x = 0; x < width; x++) row.set([blue, green, red], x * 3)
  return bmpOf({
    width,
    height,
    bits: 24,
    pixels: Buffer.concat(Array.from({ length: height }, () => row)),
  })
}
