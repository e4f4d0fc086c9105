import { MAX_BIO_LENGTH } from '@dailyfeed/contract/limits'
import type { MemberProfile, PrivacyLevel } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../ui/announce.ts'
import { CharacterCounter } from '../ui/CharacterCounter.tsx'
import { Field, TextField } from '../ui/Field.tsx'
import { Form } from '../ui/Form.tsx'
import { formErrorsOf } from '../ui/formErrors.ts'
import { GrowingText } from '../ui/GrowingText.tsx'
import { useFormFields } from '../ui/useFormFields.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { updateProfile } from './updateProfile.ts'

const PRIVACY_LEVELS: readonly PrivacyLevel[] = ['PUBLIC', 'FRIENDS_ONLY', 'PRIVATE']

const valuesOf = (profile: MemberProfile) => ({
  memberName: profile.memberName,
  displayName: profile.displayName,
  bio: profile.bio ?? '',
  location: profile.location ?? '',
  websiteUrl: profile.websiteUrl ?? '',
  birthDate: profile.birthDate ?? '',
  privacyLevel: profile.privacyLevel,
})

export function ProfileForm({ profile }: { profile: MemberProfile }) {
  const dictionary = useDictionary()
  const { profile: t, session, action } = dictionary
  const client = useQueryClient()
  const titleId = useId()
  const form = useFormFields(() => valuesOf(profile))
  const update = useSubmit({
    mutationFn: () =>
      updateProfile(client, {
        ...form.values,
        privacyLevel: PRIVACY_LEVELS.find((level) => level === form.values.privacyLevel),
      }),
    onSuccess: () => announce(t.saved),
  })
  const { fields, message } = formErrorsOf(update.error, dictionary)
  const field = (name: keyof typeof form.values) => form.field(name, fields)
  const { error: bioError, ...bio } = field('bio')
  const { error: privacyError, ...privacy } = field('privacyLevel')
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{t.about}</h2>
      <Form
        submission={update}
        message={message}
        submitLabel={action.save}
        pendingLabel={action.saving}
      >
        <TextField
          label={session.memberName}
          autoComplete="name"
          required
          {...field('memberName')}
        />
        <TextField label={t.displayName} autoComplete="nickname" {...field('displayName')} />
        <Field label={t.bio} error={bioError}>
          {(control) => <GrowingText rows={3} {...bio} {...control} />}
        </Field>
        <CharacterCounter text={bio.value} limit={MAX_BIO_LENGTH} />
        <TextField label={t.location} autoComplete="address-level2" {...field('location')} />
        <TextField
          label={t.website}
          type="url"
          autoComplete="url"
          placeholder="https://"
          {...field('websiteUrl')}
        />
        <TextField label={t.birthDate} type="date" autoComplete="bday" {...field('birthDate')} />
        <Field label={t.privacy} error={privacyError}>
          {(control) => (
            <select className="input" {...privacy} {...control}>
              {PRIVACY_LEVELS.map((level) => (
                <option key={level} value={level}>
                  {t.privacyLevels[level]}
                </option>
              ))}
            </select>
          )}
        </Field>
      </Form>
    </section>
  )
}
