import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useDictionary, useLanguage } from '../language/language.ts'
import { TextField } from '../layout/Field.tsx'
import { holdWhileComposing } from '../layout/typing.ts'
import { ProviderButtons } from '../provider/ProviderButtons.tsx'
import { fieldSentencesOf, isFailure, sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { signup } from './enter.ts'
import { Gate } from './Gate.tsx'
import { useGoIn } from './goIn.ts'

const route = getRouteApi('/signup')
const EMPTY = { memberName: '', handle: '', email: '', password: '' }

export function SignupPage(): ReactNode {
  const dictionary = useDictionary()
  const language = useLanguage()
  const { session } = dictionary
  const { returnTo } = route.useSearch()
  const goIn = useGoIn(returnTo)
  const [form, setForm] = useState(EMPTY)
  const [isShown, setShown] = useState(false)
  const entry = useSending({
    mutationFn: () =>
      signup({
        ...form,
        memberName: form.memberName.trim(),
        handle: form.handle.trim(),
        email: form.email.trim(),
        languageCode: language,
      }),
    onSuccess: ({ memberName }) => goIn(memberName),
  })
  const sentence = entry.isError ? sentenceOf(entry.error, dictionary) : undefined
  const fields = fieldSentencesOf(entry.error)
  // These two are about one field each, though the contract does not name it.
  if (sentence !== undefined && isFailure(entry.error, 'MEMBER_ALREADY_EXISTS'))
    fields.email = sentence
  if (sentence !== undefined && isFailure(entry.error, 'MEMBER_HANDLE_ALREADY_EXISTS'))
    fields.handle = sentence
  const control = (name: keyof typeof EMPTY) => ({
    name,
    required: true,
    value: form[name],
    error: fields[name],
    onChange: ({ target }: { target: { value: string } }) =>
      setForm({ ...form, [name]: target.value }),
  })
  return (
    <Gate title={session.toSignup}>
      <form
        className="form"
        noValidate
        onKeyDown={holdWhileComposing}
        onSubmit={(event) => {
          event.preventDefault()
          entry.start()
        }}
      >
        <TextField
          label={session.memberName}
          hint={session.nameHint}
          autoComplete="name"
          {...control('memberName')}
        />
        <TextField
          label={session.handle}
          hint={session.handleHint}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...control('handle')}
        />
        <TextField
          label={session.email}
          type="email"
          autoComplete="username"
          {...control('email')}
        />
        <TextField
          label={session.password}
          hint={session.passwordHint}
          type={isShown ? 'text' : 'password'}
          autoComplete="new-password"
          {...control('password')}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={isShown}
            onChange={({ target }) => setShown(target.checked)}
          />{' '}
          {session.showPassword}
        </label>
        <p role="alert" className="field-error">
          {Object.keys(fields).length === 0 && sentence}
        </p>
        <button type="submit" className="button" disabled={entry.isPending}>
          {entry.isPending ? session.signingUp : session.signup}
        </button>
      </form>
      <ProviderButtons returnTo={returnTo} />
      <p className="gate-other">
        {session.haveAccount}{' '}
        <Link to="/login" search={returnTo === undefined ? {} : { returnTo }}>
          {session.login}
        </Link>
      </p>
    </Gate>
  )
}
