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
const PLOT_WIDTH = WIDTH - MARGIN.left - MARGIN.right
const PLOT_HEIGHT = HEIGHT - MARGIN.top - MARGIN.bottom
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

interface Scale {
  /** Maps a value to a coordinate of the picture. */
  xOf(x: number): number
  yOf(y: number): number
  xTicks: readonly number[]
  yTicks: readonly number[]
}

function svgOf({ title, xLabel, xScale, yLabel, lines }: Chart): string {
  const scale = scaleOf(
    lines.flatMap(({ points }) => points),
    xScale === 'LINEAR',
  )
  const attributes = attributesOf({
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    'font-family': 'sans-serif',
    'font-size': 12,
  })
  const parts = [
    element('rect', { width: WIDTH, height: HEIGHT, fill: '#fff' }),
    text(MARGIN.left, 28, title, { 'font-size': 16, 'font-weight': 'bold' }),
    ...scale.yTicks.map((y) => gridLine(scale.yOf(y), y)),
    ...scale.xTicks.map((x) =>
      text(scale.xOf(x), MARGIN.top + PLOT_HEIGHT + 20, x.toLocaleString('en'), MIDDLE),
    ),
    text(MARGIN.left + PLOT_WIDTH / 2, HEIGHT - 16, xLabel, MIDDLE),
    text(16, MARGIN.top - 12, yLabel),
    ...lines.map((line, index) => drawnLine(line, COLOURS[index % COLOURS.length] ?? '', scale)),
  ]
  return `<svg ${attributes}>\n${parts.join('\n')}\n</svg>\n`
}

function scaleOf(points: readonly { x: number; y: number }[], isLinear: boolean): Scale {
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const [least, most] = [xs[0] ?? 1, xs.at(-1) ?? 1]
  const top = niceAbove(Math.max(...points.map(({ y }) => y)))
  const fractionOf = (x: number) =>
    isLinear ? (x - least) / (most - least) : Math.log(x / least) / Math.log(most / least)
  return {
    xOf: (x) => MARGIN.left + (most === least ? 0 : fractionOf(x) * PLOT_WIDTH),
    yOf: (y) => MARGIN.top + PLOT_HEIGHT * (1 - y / top),
    xTicks: isLinear ? evenTicks(least, most) : xs,
    yTicks: [0, 0.25, 0.5, 0.75, 1].map((fraction) => top * fraction),
  }
}

function gridLine(y: number, value: number): string {
  const ends = { x1: MARGIN.left, y1: round(y), x2: MARGIN.left + PLOT_WIDTH, y2: round(y) }
  const label = text(MARGIN.left - 8, y + 4, value.toLocaleString('en'), { 'text-anchor': 'end' })
  return element('line', { ...ends, stroke: '#ddd' }) + label
}

function drawnLine({ name, points }: Line, colour: string, { xOf, yOf }: Scale): string {
  const last = points.at(-1)
  if (last === undefined) return ''
  const corners = points.map(({ x, y }) => `${round(xOf(x))},${round(yOf(y))}`).join(' ')
  const dots = (points.length > MAX_DOTS ? [] : points).map(({ x, y }) =>
    element('circle', { cx: round(xOf(x)), cy: round(yOf(y)), r: 3, fill: colour }),
  )
  return [
    element('polyline', { fill: 'none', stroke: colour, 'stroke-width': 2, points: corners }),
    ...dots,
    text(xOf(last.x) + 10, yOf(last.y) + 4, name, { fill: colour }),
  ].join('')
}

type Attributes = Record<string, string | number>
const MIDDLE: Attributes = { 'text-anchor': 'middle' }

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ')
const element = (name: string, attributes: Attributes) => `<${name} ${attributesOf(attributes)}/>`
const text = (x: number, y: number, content: string, more: Attributes = {}) =>
  `<text ${attributesOf({ x: round(x), y: round(y), ...more })}>${escapeXml(content)}</text>`

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
