import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { focusMain } from '../layout/focus.ts'
import { Avatar } from '../member/Avatar.tsx'
import { newIdempotencyKey } from '../server/call.ts'
import { useSending } from '../server/useSending.ts'
import { useMe } from '../session/me.ts'
import { clearDraft, keepDraft, keptDraft, openComposer } from './draft.ts'
import { type Draft, PostFields } from './PostFields.tsx'
import { createPost } from './posts.ts'

/** One line until it is used, so that a feed begins with what others wrote. */
export function PostComposer({ list }: { list: string }) {
  const dictionary = useDictionary()
  const client = useQueryClient()
  const me = useMe()
  const box = useRef<HTMLElement>(null)
  const [draft, setDraft] = useState(keptDraft)
  const [isUsed, setUsed] = useState(draft.content !== '' || draft.title !== '')
  // The same text keeps its key, so that a second try after a lost answer does not post twice.
  const attempt = useRef({ text: '', key: '' })

  const share = useSending({
    mutationFn: () => {
      const text = JSON.stringify(draft)
      if (attempt.current.text !== text) attempt.current = { text, key: newIdempotencyKey() }
      return createPost(
        client,
        list,
        draft.title.trim() === '' ? { content: draft.content } : draft,
        attempt.current.key,
      )
    },
    onSuccess: (post) => {
      clearDraft()
      setDraft(keptDraft())
      setUsed(false)
      // The button that had focus is folded away.
      focusMain()
      announce(dictionary.post.shared, 'DONE', post.id)
    },
  })

  useEffect(
    () =>
      openComposer.listen(() => {
        setUsed(true)
        const area = box.current?.querySelector('textarea')
        area?.focus()
        box.current?.scrollIntoView({ block: 'nearest' })
      }),
    [],
  )

  const change = (next: Draft) => {
    keepDraft(next)
    setDraft(next)
  }
  return (
    <section
      ref={box}
      className="card composer"
      aria-label={dictionary.post.compose}
      onFocus={() => setUsed(true)}
      onBlur={({ currentTarget, relatedTarget }) => {
        const isLeft = !currentTarget.contains(relatedTarget)
        if (isLeft && draft.content === '' && draft.title === '' && !share.isPending) setUsed(false)
      }}
    >
      <Avatar name={me?.memberName ?? ''} url={me?.avatarUrl ?? null} />
      <PostFields
        draft={draft}
        onChange={change}
        error={share.error}
        isSending={share.isPending}
        contentLabel={dictionary.post.prompt}
        placeholder={dictionary.post.prompt}
        sendLabel={share.isPending ? dictionary.post.sharing : dictionary.post.share}
        isFolded={!isUsed}
        onSend={() => share.start()}
      />
    </section>
  )
}
