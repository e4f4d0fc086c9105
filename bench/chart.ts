import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Line {
  name: string
  /** Sorted by x. */
  points: { x: number; y: number }[]
}

interface Chart {
  title: string
  xLabel: string
  /** The default is logarithmic. */
  xScale?: 'LINEAR'
  yLabel: string
  lines: readonly Line[]
}

const RESULTS = join(import.meta.dirname, 'results')
const [WIDTH, HEIGHT] = [720, 400]
const MARGIN = { left: 80, right: 180, top: 64, bottom: 60 }
/** With more points, dots would only make a line thicker. */
const MAX_DOTS = 30
const COLOURS = ['#1b6ca8', '#c8372d', '#3c7d3e', '#8a5a00', '#6b4fa0']

/** Writes a line chart to `bench/results/{name}.svg`, and returns the path. */
export async function drawChart(name: string, picture: Chart): Promise<string> {
  await mkdir(RESULTS, { recursive: true })
  const path = join(RESULTS, `${name}.svg`)
  await writeFile(path, svgOf(picture))
  return path
}

function svgOf({ title, xLabel, xScale, yLabel, lines }: Chart): string {
  const points = lines.flatMap((line) => line.points)
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const [least, most] = [xs[0] ?? 1, xs.at(-1) ?? 1]
  const top = niceAbove(Math.max(...points.map(({ y }) => y)))
  const across = WIDTH - MARGIN.left - MARGIN.right
  const down = HEIGHT - MARGIN.top - MARGIN.bottom
  const fractionOf = (x: number) =>
    xScale === 'LINEAR'
      ? (x - least) / (most - least)
      : Math.log(x / least) / Math.log(most / least)
  const xOf = (x: number) => MARGIN.left + (most === least ? 0 : fractionOf(x) * across)
  const yOf = (y: number) => MARGIN.top + down * (1 - y / top)
  const text = (x: number, y: number, content: string, more = '') =>
    `<text x="${round(x)}" y="${round(y)}" ${more}>${escapeXml(content)}</text>`
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = yOf(top * part)
    return `<line x1="${MARGIN.left}" y1="${round(y)}" x2="${MARGIN.left + across}" y2="${round(y)}" stroke="#ddd"/>${text(MARGIN.left - 8, y + 4, (top * part).toLocaleString('en'), 'text-anchor="end"')}`
  })
  const ticks = (xScale === 'LINEAR' ? evenTicks(least, most) : xs).map((x) =>
    text(xOf(x), MARGIN.top + down + 20, x.toLocaleString('en'), 'text-anchor="middle"'),
  )
  const drawn = lines.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length]
    const last = points.at(-1) ?? { x: least, y: 0 }
    const dots = (points.length > MAX_DOTS ? [] : points).map(
      ({ x, y }) => `<circle cx="${round(xOf(x))}" cy="${round(yOf(y))}" r="3" fill="${colour}"/>`,
    )
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(({ x, y }) => `${round(xOf(x))},${round(yOf(y))}`).join(' ')}"/>`,
      ...dots,
      text(xOf(last.x) + 10, yOf(last.y) + 4, name, `fill="${colour}"`),
    ].join('')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${text(MARGIN.left, 28, title, 'font-size="16" font-weight="bold"')}
${grid.join('\n')}
${ticks.join('\n')}
${text(MARGIN.left + across / 2, HEIGHT - 16, xLabel, 'text-anchor="middle"')}
${text(16, MARGIN.top - 12, yLabel)}
${drawn.join('\n')}
</svg>
`
}

/** At most ten ticks at round values. */
function evenTicks(least: number, most: number): number[] {
  const step = niceAbove((most - least) / 10)
  const first = Math.ceil(least / step)
  return Array.from({ length: Math.floor(most / step) - first + 1 }, (_, n) => (first + n) * step)
}

/** The next number above the value that is 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)))
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= value) ?? value
}

const round = (value: number) => Math.round(value * 10) / 10
const escapeXml = (content: string) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
