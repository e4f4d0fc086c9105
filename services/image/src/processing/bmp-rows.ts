import { yieldToEventLoop } from '@dailyfeed/concurrency/yield-to-event-loop'
import { type BmpHeader, RGB, RLE8 } from './bmp-header.ts'

/** Pixels between two pauses: about a millisecond of work. */
const PIXELS_PER_TURN = 1 << 18

/** The rows of a BMP in the order of the file, with `bits` per pixel. A row is valid until the next one is read. */
export interface StoredRows {
  bits: number
  rows: AsyncIterable<Buffer>
}

/** Reading the rows yields to the event loop, and throws an Error when pixels are missing. */
export const storedRowsOf = (bytes: Buffer, header: BmpHeader): StoredRows =>
  header.compression === RGB
    ? { bits: header.bitsPerPixel, rows: plainRowsOf(bytes, header) }
    : { bits: 8, rows: unpackedRowsOf(bytes, header) }

async function* plainRowsOf(
  bytes: Buffer,
  { width, height, bitsPerPixel, pixelsAt }: BmpHeader,
): AsyncGenerator<Buffer> {
  const used = Math.ceil((width * bitsPerPixel) / 8)
  const stride = Math.ceil(used / 4) * 4
  if (pixelsAt + stride * (height - 1) + used > bytes.length)
    throw new Error('the BMP ends before its last pixel')
  const pauses = pauseEvery(PIXELS_PER_TURN)
  for (let row = 0; row < height; row++) {
    yield bytes.subarray(pixelsAt + row * stride, pixelsAt + row * stride + used)
    await pauses(width)
  }
}

/**
 * Unpacks run-length encoded pixels to one byte each. Holds one row at a time, whatever size the header
 * states, and cuts runs at the end of a row, so that the work is bounded by pixels and bytes.
 */
async function* unpackedRowsOf(
  bytes: Buffer,
  { width, height, pixelsAt, compression }: BmpHeader,
): AsyncGenerator<Buffer> {
  const row = Buffer.alloc(width)
  const pauses = pauseEvery(PIXELS_PER_TURN)
  const isRle8 = compression === RLE8
  let [at, x, done] = [pixelsAt, 0, 0]
  const put = (value: number) => {
    if (x < width) row[x++] = value
  }
  while (done < height) {
    if (at + 2 > bytes.length) throw new Error('the BMP ends before its last run')
    const [count, value] = [bytes.readUInt8(at++), bytes.readUInt8(at++)]
    await pauses(Math.max(count, 1))
    let finishedRows = 0
    if (count > 0) {
      for (let n = 0; n < count && x < width; n++)
        put(isRle8 ? value : n % 2 === 0 ? value >> 4 : value & 15)
    } else if (value === 0) {
      x = 0
      finishedRows = 1
    } else if (value === 1) {
      finishedRows = height - done
    } else if (value === 2) {
      if (at + 2 > bytes.length) throw new Error('the BMP ends before its last run')
      x += bytes.readUInt8(at++)
      finishedRows = Math.min(bytes.readUInt8(at++), height - done)
    } else {
      const length = isRle8 ? value : Math.ceil(value / 2)
      if (at + length > bytes.length) throw new Error('the BMP ends before its last run')
      for (let n = 0; n < value; n++)
        put(
          isRle8
            ? bytes.readUInt8(at + n)
            : n % 2 === 0
              ? bytes.readUInt8(at + (n >> 1)) >> 4
              : bytes.readUInt8(at + (n >> 1)) & 15,
        )
      at += length + (length % 2)
    }
    for (; finishedRows > 0; finishedRows--, done++) {
      yield row
      row.fill(0)
      await pauses(width)
    }
  }
}

function pauseEvery(amount: number) {
  let done = 0
  return (more: number): Promise<void> | undefined => {
    done += more
    if (done < amount) return undefined
    done = 0
    return yieldToEventLoop()
  }
}
