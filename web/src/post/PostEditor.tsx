import type { Post } from '@dailyfeed/contract/post'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { useSending } from '../server/useSending.ts'
import { PostFields } from './PostFields.tsx'
import { updatePost } from './posts.ts'

/** A post of one's own, open for changes in its place. */
export function PostEditor({ post, onClose }: { post: Post; onClose: () => void }) {
  const dictionary = useDictionary()
  const client = useQueryClient()
  const [draft, setDraft] = useState({ title: post.title, content: post.content })
  const update = useSending({
    mutationFn: () => updatePost(client, post.id, draft),
    onSuccess: () => {
      announce(dictionary.post.updated)
      onClose()
    },
  })
  return (
    <PostFields
      draft={draft}
      onChange={setDraft}
      error={update.error}
      isSending={update.isPending}
      contentLabel={dictionary.post.content}
      sendLabel={update.isPending ? dictionary.act.saving : dictionary.act.save}
      autoFocus
      onSend={() => update.start()}
      onCancel={onClose}
    />
  )
}
