import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { Avatar } from '../member/Avatar.tsx'
import { createKeyPerText } from '../server/idempotencyKey.ts'
import { useMe } from '../session/me.ts'
import { announce } from '../ui/announce.ts'
import { focusMain } from '../ui/focus.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { draftStore, openComposer } from './draft.ts'
import type { Draft } from './drafts.ts'
import { PostFields } from './PostFields.tsx'
import { createPost } from './posts.ts'

const isEmpty = ({ title, content }: Draft) => title === '' && content === ''

/** Collapsed to one line until it is used, so that a feed starts with its posts. */
export function PostComposer({ list }: { list: string }) {
  const dictionary = useDictionary()
  const client = useQueryClient()
  const me = useMe()
  const box = useRef<HTMLElement>(null)
  const [draft, setDraft] = useState(draftStore.get)
  const [isExpanded, setExpanded] = useState(!isEmpty(draft))
  const [keys] = useState(createKeyPerText)

  const share = useSubmit({
    mutationFn: () =>
      createPost(
        client,
        list,
        draft.title.trim() === '' ? { content: draft.content } : draft,
        keys.keyFor(JSON.stringify(draft)),
      ),
    onSuccess: (post) => {
      keys.reset()
      draftStore.clear()
      setDraft(draftStore.get())
      setExpanded(false)
      // Collapsing hides the button that had focus.
      focusMain()
      announce(dictionary.post.shared, 'DONE', post.id)
    },
  })

  useEffect(
    () =>
      openComposer.onRequest(() => {
        setExpanded(true)
        box.current?.querySelector('textarea')?.focus()
        box.current?.scrollIntoView({ block: 'nearest' })
      }),
    [],
  )

  const change = (next: Draft) => {
    draftStore.set(next)
    setDraft(next)
  }
  return (
    <section
      ref={box}
      className="card composer"
      aria-label={dictionary.post.compose}
      onFocus={() => setExpanded(true)}
      onBlur={({ currentTarget, relatedTarget }) => {
        const focusLeft = !currentTarget.contains(relatedTarget)
        if (focusLeft && isEmpty(draft) && !share.isPending) setExpanded(false)
      }}
    >
      <Avatar name={me?.memberName ?? ''} url={me?.avatarUrl ?? null} />
      <PostFields
        draft={draft}
        onChange={change}
        submission={share}
        contentLabel={dictionary.post.prompt}
        placeholder={dictionary.post.prompt}
        submitLabel={share.isPending ? dictionary.post.sharing : dictionary.post.share}
        isCollapsed={!isExpanded}
      />
    </section>
  )
}
