import type { Check } from './checks.ts'
import { sourceFiles } from './source-files.ts'
import { syntaxOf } from './syntax.ts'

const LONGEST_TITLE = 100

/** A title is read in a list of hundreds: subject, action, result. */
export const titles: Check = (root) =>
  sourceFiles(root).flatMap((file) =>
    syntaxOf(file)
      .titles.filter(({ text }) => [...text].length > LONGEST_TITLE)
      .map(({ line, text }) => `${file.path}:${line}: over ${LONGEST_TITLE} characters: ${text}`),
  )

/** Openings of a clause that stands where the reader expects a noun. */
const HEADLESS = [
  /^(?:who|whom|whoever|whomever|whatever|of)\b/i,
  /^what\b(?!.*\?)/i,
  /^so (?:that|many|much|few|long|often|far)\b/i,
  /^that (?:\w+\.$|is|are|was|were|it|they|he|she|we|you|the|an?|no|nobody|nothing|who|which|of)\b/i,
  /^those (?:who|that|whom|which)\b/i,
]

const isHeadless = (sentence: string) => HEADLESS.some((opening) => opening.test(sentence))

const sentencesOf = (comment: string) => comment.split(/(?<=[.!?])\s+/)

/** Comments and test titles have a subject: none begins with a clause that stands for a noun. */
export const openings: Check = (root) =>
  sourceFiles(root).flatMap((file) => {
    const { comments, titles: ownTitles } = syntaxOf(file)
    return [
      ...comments.flatMap(({ line, text }) =>
        sentencesOf(text).map((sentence) => ({ line, sentence })),
      ),
      ...ownTitles.map(({ line, text }) => ({ line, sentence: text })),
    ]
      .filter(({ sentence }) => isHeadless(sentence))
      .map(
        ({ line, sentence }) => `${file.path}:${line}: a sentence without a subject: ${sentence}`,
      )
  })
