import type { Post } from '@dailyfeed/contract/post'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../ui/announce.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { PostFields } from './PostFields.tsx'
import { updatePost } from './posts.ts'

/** Edits a post inside its card. */
export function PostEditor({ post, onClose }: { post: Post; onClose: () => void }) {
  const dictionary = useDictionary()
  const client = useQueryClient()
  const [draft, setDraft] = useState({ title: post.title, content: post.content })
  const update = useSubmit({
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
      submission={update}
      contentLabel={dictionary.post.content}
      submitLabel={update.isPending ? dictionary.action.saving : dictionary.action.save}
      autoFocus
      onCancel={onClose}
    />
  )
}
