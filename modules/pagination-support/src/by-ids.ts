import { ValidationError } from '@dailyfeed/contract/errors'
import { MAX_ANSWER_BYTES } from '@dailyfeed/contract/limits'
import { countWithin, MAX_CONTENT_BYTES } from './answer-bytes.ts'

/** An answer holds about as many of the largest items, posts of 5,000 emoji. */
const IDS_AT_ONCE = 100

/**
 * The items that `load` finds for these ids, each id once and in their order. Loads 100 at a time, so that no more is
 * read than an answer may hold. Throws a ValidationError when the items exceed 2 MiB together: an answer leaves nothing
 * out in silence.
 */
export async function loadByIds<Item>(
  ids: readonly number[],
  load: (ids: readonly number[]) => Promise<Item[]>,
): Promise<Item[]> {
  const distinct = [...new Set(ids)]
  const items: Item[] = []
  for (let start = 0; start < distinct.length; start += IDS_AT_ONCE) {
    items.push(...(await load(distinct.slice(start, start + IDS_AT_ONCE))))
    if (countWithin(items, MAX_CONTENT_BYTES) < items.length) throw tooManyIds()
  }
  return items
}

const tooManyIds = () => {
  const mebibytes = MAX_ANSWER_BYTES / 1024 / 1024
  return new ValidationError([
    {
      field: 'ids',
      ko: `응답이 ${mebibytes} MiB를 넘습니다. id를 더 적게 보내 주세요.`,
      en: `The answer would be larger than ${mebibytes} MiB. Please ask for fewer ids at once.`,
    },
  ])
}
