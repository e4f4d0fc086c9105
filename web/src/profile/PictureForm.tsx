import { MAX_IMAGE_BYTES } from '@dailyfeed/contract/limits'
import type { MemberProfile } from '@dailyfeed/contract/member'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { Avatar } from '../member/Avatar.tsx'
import { messageFor } from '../server/failure.ts'
import { announce } from '../ui/announce.ts'
import { changePicture, removePicture } from './updateProfile.ts'

export function PictureForm({ profile }: { profile: MemberProfile }) {
  const dictionary = useDictionary()
  const { profile: t } = dictionary
  const client = useQueryClient()
  const id = useId()
  const [isTooBig, setTooBig] = useState(false)
  const change = useMutation({
    mutationFn: (file: File) => changePicture(client, file),
    onSuccess: () => announce(t.pictureSaved),
  })
  const removal = useMutation({
    mutationFn: () => removePicture(client),
    onSuccess: () => announce(t.pictureRemoved),
  })
  const upload = (file: File) => {
    removal.reset()
    change.reset()
    // Checked here too, so that no upload of many megabytes ends in a refusal.
    setTooBig(file.size > MAX_IMAGE_BYTES)
    if (file.size <= MAX_IMAGE_BYTES) change.mutate(file)
  }
  const isBusy = change.isPending || removal.isPending
  const error = change.error ?? removal.error
  return (
    <section className="card picture-form" aria-labelledby={`${id}-title`}>
      <Avatar name={profile.memberName} url={profile.avatarUrl} size={88} />
      <div>
        <h2 id={`${id}-title`}>{t.picture}</h2>
        <p className="field-hint" id={`${id}-hint`}>
          {t.pictureHint}
        </p>
        <div className="picture-actions">
          <label className="button button-quiet file-button">
            {change.isPending ? t.uploading : t.choosePicture}
            <input
              type="file"
              accept="image/jpeg,image/png,image/gif,image/bmp,image/webp"
              disabled={isBusy}
              aria-label={t.choosePicture}
              aria-describedby={`${id}-hint ${id}-error`}
              onChange={({ target }) => {
                const file = target.files?.[0]
                // Without this, choosing the same file after a failure would not be a change.
                target.value = ''
                if (file !== undefined) upload(file)
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
              {t.removePicture}
            </button>
          )}
        </div>
        <p id={`${id}-error`} role="alert" className="field-error">
          {isTooBig ? t.pictureTooBig : error !== null && messageFor(error, dictionary)}
        </p>
      </div>
    </section>
  )
}
