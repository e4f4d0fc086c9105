import type { MemberProfile, PrivacyLevel } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { Counter } from '../layout/Counter.tsx'
import { Field, TextField } from '../layout/Field.tsx'
import { GrowingText } from '../layout/GrowingText.tsx'
import { holdWhileComposing } from '../layout/typing.ts'
import { fieldSentencesOf, sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { updateProfile } from './profiles.ts'

const MAX_BIO = 1_000
const PRIVACY_LEVELS: readonly PrivacyLevel[] = ['PUBLIC', 'FRIENDS_ONLY', 'PRIVATE']

const formOf = (profile: MemberProfile) => ({
  memberName: profile.memberName,
  displayName: profile.displayName,
  bio: profile.bio ?? '',
  location: profile.location ?? '',
  websiteUrl: profile.websiteUrl ?? '',
  birthDate: profile.birthDate ?? '',
  privacyLevel: profile.privacyLevel as PrivacyLevel,
})

export function ProfileForm({ profile }: { profile: MemberProfile }) {
  const dictionary = useDictionary()
  const { profile: words, session, act } = dictionary
  const client = useQueryClient()
  const titleId = useId()
  const [form, setForm] = useState(() => formOf(profile))
  const update = useSending({
    mutationFn: () => updateProfile(client, form),
    onSuccess: () => announce(words.saved),
  })
  const fields = fieldSentencesOf(update.error)
  const control = (name: keyof typeof form) => ({
    name,
    value: form[name],
    error: fields[name],
    onChange: ({ target }: { target: { value: string } }) =>
      setForm({ ...form, [name]: target.value }),
  })
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{words.about}</h2>
      <form
        className="form"
        noValidate
        onKeyDown={holdWhileComposing}
        onSubmit={(event) => {
          event.preventDefault()
          update.start()
        }}
      >
        <TextField
          label={session.memberName}
          autoComplete="name"
          required
          {...control('memberName')}
        />
        <TextField label={words.displayName} autoComplete="nickname" {...control('displayName')} />
        <Field label={words.bio} error={fields.bio}>
          {(field) => (
            <GrowingText
              rows={3}
              {...field}
              name="bio"
              value={form.bio}
              onChange={({ target }) => setForm({ ...form, bio: target.value })}
            />
          )}
        </Field>
        <Counter text={form.bio} limit={MAX_BIO} />
        <TextField label={words.location} autoComplete="address-level2" {...control('location')} />
        <TextField
          label={words.website}
          type="url"
          autoComplete="url"
          placeholder="https://"
          {...control('websiteUrl')}
        />
        <TextField
          label={words.birthDate}
          type="date"
          autoComplete="bday"
          {...control('birthDate')}
        />
        <Field label={words.privacy} error={fields.privacyLevel}>
          {(field) => (
            <select
              className="input"
              {...field}
              value={form.privacyLevel}
              onChange={({ target }) =>
                setForm({ ...form, privacyLevel: target.value as PrivacyLevel })
              }
            >
              {PRIVACY_LEVELS.map((level) => (
                <option key={level} value={level}>
                  {words.privacyLevels[level]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <p role="alert" className="field-error">
          {update.isError &&
            Object.keys(fields).length === 0 &&
            sentenceOf(update.error, dictionary)}
        </p>
        <button type="submit" className="button" disabled={update.isPending}>
          {update.isPending ? act.saving : act.save}
        </button>
      </form>
    </section>
  )
}
