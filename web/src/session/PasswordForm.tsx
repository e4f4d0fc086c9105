import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { TextField } from '../layout/Field.tsx'
import { SIGN_IN_METHODS, useHasPassword } from '../provider/providers.ts'
import { callForResponse } from '../server/call.ts'
import { fieldSentencesOf, isFailure, sentenceOf } from '../server/failure.ts'
import { dataOf } from '../server/send.ts'
import { useSending } from '../server/useSending.ts'
import { acceptTokenOrThrow } from './token.ts'

const EMPTY = { currentPassword: '', newPassword: '' }

export function PasswordForm() {
  const dictionary = useDictionary()
  const { profile: words, session, act } = dictionary
  const titleId = useId()
  const client = useQueryClient()
  const hasPassword = useHasPassword()
  const [form, setForm] = useState(EMPTY)
  const change = useSending({
    mutationFn: async () => {
      const body = hasPassword ? form : { newPassword: form.newPassword }
      const response = await callForResponse({ method: 'PUT', path: '/api/members/password', body })
      await dataOf(response)
      // All other sessions have ended; this one goes on with what the answer carries.
      acceptTokenOrThrow(response)
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: SIGN_IN_METHODS })
      setForm(EMPTY)
      announce(words.passwordSaved)
    },
  })
  const fields = fieldSentencesOf(change.error)
  const sentence = change.isError ? sentenceOf(change.error, dictionary) : undefined
  if (sentence !== undefined && isFailure(change.error, 'MEMBER_PASSWORD_INVALID'))
    fields.currentPassword = sentence
  const control = (name: keyof typeof EMPTY) => ({
    name,
    type: 'password',
    required: true,
    value: form[name],
    error: fields[name],
    onChange: ({ target }: { target: { value: string } }) =>
      setForm({ ...form, [name]: target.value }),
  })
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{words.password}</h2>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          change.start()
        }}
      >
        {hasPassword && (
          <TextField
            label={words.currentPassword}
            autoComplete="current-password"
            {...control('currentPassword')}
          />
        )}
        <TextField
          label={words.newPassword}
          hint={session.passwordHint}
          autoComplete="new-password"
          {...control('newPassword')}
        />
        <p role="alert" className="field-error">
          {Object.keys(fields).length === 0 && sentence}
        </p>
        <button type="submit" className="button" disabled={change.isPending}>
          {change.isPending ? act.saving : hasPassword ? words.changePassword : words.setPassword}
        </button>
      </form>
    </section>
  )
}
