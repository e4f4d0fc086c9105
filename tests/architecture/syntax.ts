import { type Node, parseSync } from 'oxc-parser'
import type { SourceFile } from './source-files.ts'

export interface Located {
  line: number
  text: string
}

export interface Syntax {
  /** One entry per block comment or run of line comments, without the comment marks. */
  comments: Located[]
  /** Titles of `test`, `it` and `describe`, also behind `.each(…)`, `.skipIf(…)` and the like. */
  titles: Located[]
  /** String and template literals; placeholders of a template are replaced by `…`. */
  strings: Located[]
  identifiers: Located[]
  functions: { line: number; lines: number; name: string }[]
  /** `as any`, `as never` and `as unknown as`. */
  casts: Located[]
}

type Syntactic = Node & Record<string, unknown>

/** Parses one TypeScript or JavaScript file into the parts that the checks of this folder read. */
export function syntaxOf({ path, text }: SourceFile): Syntax {
  const { program, comments } = parseSync(path, text)
  const lineAt = lineFinder(text)
  const found: Syntax = {
    comments: joinedComments(text, comments, lineAt),
    titles: [],
    strings: [],
    identifiers: [],
    functions: [],
    casts: [],
  }
  visit(program as unknown, '', (node, name) => collect(node, name, found, lineAt))
  return found
}

function collect(node: Syntactic, name: string, found: Syntax, lineAt: LineFinder): void {
  const line = lineAt(node.start)
  switch (node.type) {
    case 'Identifier':
    case 'PrivateIdentifier':
      found.identifiers.push({ line, text: node.name })
      return
    case 'Literal':
      if (typeof node.value === 'string') found.strings.push({ line, text: node.value })
      return
    case 'JSXText':
      if (node.value.trim() !== '') found.strings.push({ line, text: node.value.trim() })
      return
    case 'TemplateLiteral':
      found.strings.push({ line, text: templateText(node) })
      return
    case 'CallExpression': {
      const title = titleOf(node)
      if (title !== undefined) found.titles.push({ line, text: title })
      return
    }
    case 'TSAsExpression': {
      const cast = castOf(node)
      if (cast !== undefined) found.casts.push({ line, text: cast })
      return
    }
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      found.functions.push({ line, lines: lineAt(node.end) - line + 1, name })
      return
  }
}

const TEST_FUNCTIONS = new Set(['test', 'it', 'describe', 'suite'])

function titleOf(call: Node & { type: 'CallExpression' }): string | undefined {
  const [first] = call.arguments
  if (first?.type !== 'TemplateLiteral' && first?.type !== 'Literal') return undefined
  let callee: Node = call.callee
  while (callee.type === 'MemberExpression' || callee.type === 'CallExpression')
    callee = callee.type === 'MemberExpression' ? callee.object : callee.callee
  if (callee.type !== 'Identifier' || !TEST_FUNCTIONS.has(callee.name)) return undefined
  if (first.type === 'TemplateLiteral') return templateText(first)
  return typeof first.value === 'string' ? first.value : undefined
}

const templateText = (template: Node & { type: 'TemplateLiteral' }) =>
  template.quasis.map(({ value }) => value.cooked ?? value.raw).join('…')

function castOf(node: Node & { type: 'TSAsExpression' }): string | undefined {
  if (node.typeAnnotation.type === 'TSAnyKeyword') return 'as any'
  if (node.typeAnnotation.type === 'TSNeverKeyword') return 'as never'
  return node.expression.type === 'TSAsExpression' &&
    node.expression.typeAnnotation.type === 'TSUnknownKeyword'
    ? 'as unknown as'
    : undefined
}

/** `name` is that of the declaration, property or variable which holds a function. */
function visit(value: unknown, name: string, found: (node: Syntactic, name: string) => void): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, name, found)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const node = value as Syntactic
  const own = typeof node.type === 'string' ? (nameOf(node) ?? name) : name
  if (typeof node.type === 'string') found(node, own)
  for (const [key, part] of Object.entries(value)) if (key !== 'parent') visit(part, own, found)
}

function nameOf(node: Syntactic): string | undefined {
  const named = (node['id'] ?? node['key']) as { name?: unknown } | null | undefined
  return typeof named?.name === 'string' ? named.name : undefined
}

type LineFinder = (offset: number) => number

function lineFinder(text: string): LineFinder {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

interface Comment {
  type: 'Line' | 'Block'
  value: string
  start: number
  end: number
}

/** Line comments on consecutive lines are one comment: their sentences run on. */
function joinedComments(text: string, comments: Comment[], lineAt: LineFinder): Located[] {
  const joined: Located[] = []
  let previous: Comment | undefined
  for (const comment of comments) {
    const words = comment.value
      .split('\n')
      .map((line) => line.replace(/^\s*\*+\s?/, '').trim())
      .join(' ')
      .trim()
    const last = joined.at(-1)
    if (
      last !== undefined &&
      previous?.type === 'Line' &&
      comment.type === 'Line' &&
      /^\n[ \t]*$/.test(text.slice(previous.end, comment.start))
    )
      last.text += ` ${words}`
    else joined.push({ line: lineAt(comment.start), text: words })
    previous = comment
  }
  return joined
}
