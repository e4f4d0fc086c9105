import type { Post } from '@dailyfeed/contract/post'
import { truncate } from '../ui/typing.ts'

const MAX_LENGTH = 40

/** The post's title, else the first line of its text. */
export function documentTitleOf({ title, content }: Pick<Post, 'title' | 'content'>): string {
  return truncate(title === '' ? (content.trim().split('\n', 1)[0] ?? '') : title, MAX_LENGTH)
}
