import type { Check } from './checks.ts'
import { sourceFiles } from './source-files.ts'

const PAGE_SCHEMA = 'modules/contract/src/page.ts'
const PAGINATION = 'modules/pagination-support/'

/** A parameter by which a client chooses the part of a list. */
const DECLARED = /\b(?:page|size|cursor|offset|limit): Type\.(?:Optional|Integer|String)\(/g
/** A route or service that computes the part of a list itself. */
const READ = /\bquery\.(?:page|size|cursor)\b|\{[^{}]*\b(?:page|cursor)\b[^{}]*\}: ListQuery\b/g

/** `listRequestOf` bounds the depth of pages: a list with parameters of its own would have no bound. */
export const listRoutes: Check = (root) =>
  sourceFiles(root)
    .filter(({ path }) => /^(modules|services)\//.test(path) && !/\.test\.|-fixture\./.test(path))
    .filter(({ path }) => path !== PAGE_SCHEMA && !path.startsWith(PAGINATION))
    .flatMap(({ path, text }) =>
      [...text.matchAll(DECLARED), ...text.matchAll(READ)].map(
        ({ 0: found, index }) =>
          `${path}:${text.slice(0, index).split('\n').length} has "${found}"; lists take ListQuery and read it by listRequestOf`,
      ),
    )
