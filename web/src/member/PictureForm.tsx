import type { MemberProfile } from '@dailyfeed/contract/member'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { sentenceOf } from '../server/failure.ts'
import { Avatar } from './Avatar.tsx'
import { changePicture, removePicture } from './profiles.ts'

/** The server's limit: told before ten megabytes are sent in vain. */
const MAX_BYTES = 10 * 1024 * 1024

export function PictureForm({ profile }: { profile: MemberProfile }) {
  const dictionary = useDictionary()
  const words = dictionary.profile
  const client = useQueryClient()
  const id = useId()
  const [isTooBig, setTooBig] = useState(false)
  const change = useMutation({
    mutationFn: (file: File) => changePicture(client, file),
    onSuccess: () => announce(words.pictureSaved),
  })
  const removal = useMutation({
    mutationFn: () => removePicture(client),
    onSuccess: () => announce(words.pictureRemoved),
  })
  const isBusy = change.isPending || removal.isPending
  const error = change.error ?? removal.error
  return (
    <section className="card picture-form" aria-labelledby={`${id}-title`}>
      <Avatar name={profile.memberName} url={profile.avatarUrl} size={88} />
      <div>
        <h2 id={`${id}-title`}>{words.picture}</h2>
        <p className="field-hint" id={`${id}-hint`}>
          {words.pictureHint}
        </p>
        <div className="picture-acts">
          <label className="button button-quiet file-button">
            {change.isPending ? words.uploading : words.choosePicture}
            <input
              type="file"
              accept="image/jpeg,image/png,image/gif,image/bmp,image/webp"
              disabled={isBusy}
              aria-label={words.choosePicture}
              aria-describedby={`${id}-hint ${id}-error`}
              onChange={({ target }) => {
                const file = target.files?.[0]
                // The same file can be chosen again after a failure.
                target.value = ''
                if (file === undefined) return
                removal.reset()
                change.reset()
                setTooBig(file.size > MAX_BYTES)
                if (file.size <= MAX_BYTES) change.mutate(file)
              }}
            />
          </label>
          {profile.avatarUrl !== null && (
            <button
              type="button"
              className="button button-quiet"
              disabled={isBusy}
              onClick={() => removal.mutate()}
            >
              {words.removePicture}
            </button>
          )}
        </div>
        <p id={`${id}-error`} role="alert" className="field-error">
          {isTooBig ? words.pictureTooBig : error !== null && sentenceOf(error, dictionary)}
        </p>
      </div>
    </section>
  )
}
