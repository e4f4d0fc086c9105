export type Channels = 3 | 4

interface BoxShrinkOptions {
  width: number
  height: number
  channels: Channels
  /** A whole number; with 1 the picture is copied. */
  factor: number
}

/**
 * Shrinks a picture by a whole factor while its rows arrive, from the top or from the bottom. Each pixel
 * is the mean of its square, with colours weighted by their alpha. Holds the small picture and the sums
 * of one of its rows.
 */
export class BoxShrink {
  readonly width: number
  readonly height: number
  readonly #from: BoxShrinkOptions
  readonly #data: Buffer
  readonly #sums: Float64Array
  #row = -1
  #rowsSummed = 0

  constructor(from: BoxShrinkOptions) {
    this.#from = from
    this.width = Math.ceil(from.width / from.factor)
    this.height = Math.ceil(from.height / from.factor)
    this.#data = Buffer.alloc(this.width * this.height * from.channels)
    this.#sums = new Float64Array(this.width * from.channels)
  }

  /** `y` counts from the top of the large picture. Rows arrive one after the other, upwards or downwards. */
  addRow(y: number, pixels: Buffer): void {
    const { width, channels, factor } = this.#from
    if (factor === 1) {
      pixels.copy(this.#data, y * width * channels, 0, width * channels)
      return
    }
    const row = Math.floor(y / factor)
    if (row !== this.#row) this.#finishRow(row)
    this.#rowsSummed++
    const sums = this.#sums
    for (let x = 0, at = 0; x < width; x++, at += channels) {
      const to = Math.floor(x / factor) * channels
      const weight = channels === 4 ? (pixels[at + 3] ?? 0) : 1
      for (let channel = 0; channel < 3; channel++)
        sums[to + channel] = (sums[to + channel] ?? 0) + (pixels[at + channel] ?? 0) * weight
      if (channels === 4) sums[to + 3] = (sums[to + 3] ?? 0) + weight
    }
  }

  /** The small picture. Call it after the last row. */
  finish(): Buffer {
    this.#finishRow(-1)
    return this.#data
  }

  #finishRow(next: number): void {
    const { width, channels, factor } = this.#from
    const [sums, row, rows] = [this.#sums, this.#row, this.#rowsSummed]
    if (row >= 0) {
      for (let x = 0; x < this.width; x++) {
        const pixels = Math.min(factor, width - x * factor) * rows
        const from = x * channels
        const to = (row * this.width + x) * channels
        const weight = channels === 4 ? (sums[from + 3] ?? 0) : pixels
        for (let channel = 0; channel < 3; channel++)
          this.#data[to + channel] =
            weight === 0 ? 0 : Math.round((sums[from + channel] ?? 0) / weight)
        if (channels === 4) this.#data[to + 3] = Math.round(weight / pixels)
      }
    }
    sums.fill(0)
    this.#row = next
    this.#rowsSummed = 0
  }
}
