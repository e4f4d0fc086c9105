import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { TextField } from '../layout/Field.tsx'
import { holdWhileComposing } from '../layout/typing.ts'
import { ProviderButtons } from '../provider/ProviderButtons.tsx'
import { fieldSentencesOf, sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { login } from './enter.ts'
import { Gate } from './Gate.tsx'
import { useGoIn } from './goIn.ts'

const route = getRouteApi('/login')

export function LoginPage(): ReactNode {
  const dictionary = useDictionary()
  const { session } = dictionary
  const { reason, returnTo, problem } = route.useSearch()
  const goIn = useGoIn(returnTo)
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const entry = useSending({
    mutationFn: () => login(email.trim(), password),
    onSuccess: ({ memberName }) => goIn(memberName),
  })
  const fields = fieldSentencesOf(entry.error)
  return (
    <Gate title={session.login}>
      {reason !== undefined && !entry.isError && (
        <p role="status" className="gate-reason">
          {session[reason]}
        </p>
      )}
      {problem !== undefined && !entry.isError && (
        <p role="alert" className="gate-reason">
          {dictionary.provider.problems[problem]}
        </p>
      )}
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
          label={session.email}
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          error={fields.email}
          onChange={({ target }) => setEmail(target.value)}
        />
        <TextField
          label={session.password}
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          error={fields.password}
          onChange={({ target }) => setPassword(target.value)}
        />
        <p role="alert" className="field-error">
          {entry.isError && Object.keys(fields).length === 0 && sentenceOf(entry.error, dictionary)}
        </p>
        <button type="submit" className="button" disabled={entry.isPending}>
          {entry.isPending ? session.loggingIn : session.login}
        </button>
      </form>
      <ProviderButtons returnTo={returnTo} />
      <p className="gate-other">
        {session.noAccount}{' '}
        <Link to="/signup" search={returnTo === undefined ? {} : { returnTo }}>
          {session.toSignup}
        </Link>
      </p>
    </Gate>
  )
}
