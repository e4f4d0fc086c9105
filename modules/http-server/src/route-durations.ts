import { Histogram, type HistogramConfiguration } from 'prom-client'

declare module 'prom-client' {
  interface Histogram<T extends string = string> {
    /** The registry renders this; prom-client declares it nowhere. */
    getForPromString(): Promise<RenderedMetric>
  }
}

interface RenderedMetric {
  name: string
  values: RenderedValue[]
}

interface RenderedValue {
  metricName: string
  labels: Record<string, string | number>
  sharedLabels: Record<string, string | number>
  value: number
}

type Label = 'method' | 'route' | 'status'

/**
 * A histogram of prom-client whose series count by themselves: `observe` of the library validates
 * and joins the labels for each value, which takes longer than routing a request.
 */
export class DurationHistogram extends Histogram<Label> {
  readonly #name: string
  readonly #series: DurationSeries[] = []

  constructor(configuration: HistogramConfiguration<Label> & { buckets: number[] }) {
    super(configuration)
    this.#name = configuration.name
  }

  addSeries(labels: Record<Label, string | number>, buckets: readonly number[]): DurationSeries {
    const series = new DurationSeries(labels, buckets)
    this.#series.push(series)
    return series
  }

  override async getForPromString(): Promise<RenderedMetric> {
    const described = await super.getForPromString()
    return { ...described, values: this.#series.flatMap((series) => series.render(this.#name)) }
  }
}

/** The durations of one route with one method and status. */
export class DurationSeries {
  readonly #labels: Record<Label, string | number>
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(labels: Record<Label, string | number>, bounds: readonly number[]) {
    this.#labels = labels
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(seconds: number): void {
    let index = 0
    while (index < this.#bounds.length && seconds > (this.#bounds[index] as number)) index += 1
    this.#counts[index] = (this.#counts[index] as number) + 1
    this.#sum += seconds
  }

  /** Buckets are cumulative, and the last one holds every value. */
  render(name: string): RenderedValue[] {
    const sharedLabels = this.#labels
    let count = 0
    const buckets = this.#counts.map((own, index) => {
      count += own
      return {
        metricName: `${name}_bucket`,
        labels: { le: this.#bounds[index] ?? '+Inf' },
        sharedLabels,
        value: count,
      }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, sharedLabels, value: this.#sum },
      { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
    ]
  }
}
