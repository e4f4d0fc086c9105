import type { ProvenSignIn } from '@dailyfeed/contract/member'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useDictionary, useLanguage } from '../language/language.ts'
import { TextField } from '../layout/Field.tsx'
import { Problem } from '../layout/Problem.tsx'
import { holdWhileComposing } from '../layout/typing.ts'
import { Waiting } from '../layout/Waiting.tsx'
import { fieldSentencesOf, isFailure, sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { Gate } from '../session/Gate.tsx'
import { useGoIn } from '../session/goIn.ts'
import { fetchProven, linkProven, signUpProven } from './providers.ts'

/** After a provider has said who somebody is, whom nobody here knows by that: a new account, or one that is theirs already. */
export function WelcomePage() {
  const { provider: words, session } = useDictionary()
  const { data, error, refetch } = useQuery({
    queryKey: ['proven'],
    queryFn: ({ signal }) => fetchProven(signal),
    retry: false,
    staleTime: 0,
  })
  return (
    <Gate title={data?.next === 'LINK' ? words.link : session.toSignup}>
      {data !== undefined ? (
        data.next === 'LINK' ? (
          <LinkForm proven={data} />
        ) : (
          <SignupForm proven={data} />
        )
      ) : error === null ? (
        <Waiting shape="row" />
      ) : isFailure(error, 'PROVIDER_SIGN_IN_EXPIRED') ? (
        <p role="status" className="gate-reason">
          {words.problems.provider_expired}
        </p>
      ) : (
        <Problem error={error} onRetry={() => void refetch()} />
      )}
      <p className="gate-other">
        <Link to="/login">{words.another}</Link>
      </p>
    </Gate>
  )
}

function SignupForm({ proven }: { proven: ProvenSignIn }) {
  const dictionary = useDictionary()
  const { provider: words, session } = dictionary
  const languageCode = useLanguage()
  const goIn = useGoIn(undefined)
  const [form, setForm] = useState({ memberName: proven.name ?? '', handle: '' })
  const entry = useSending({
    mutationFn: () =>
      signUpProven({
        memberName: form.memberName.trim(),
        handle: form.handle.trim(),
        languageCode,
      }),
    onSuccess: ({ memberName }) => goIn(memberName),
  })
  const fields = fieldSentencesOf(entry.error)
  const sentence = entry.isError ? sentenceOf(entry.error, dictionary) : undefined
  if (sentence !== undefined && isFailure(entry.error, 'MEMBER_HANDLE_ALREADY_EXISTS'))
    fields.handle = sentence
  return (
    <form
      className="form"
      noValidate
      onKeyDown={holdWhileComposing}
      onSubmit={(event) => {
        event.preventDefault()
        entry.start()
      }}
    >
      <p className="gate-reason">{words.provenAs(proven.email, proven.provider.name)}</p>
      <TextField
        label={session.memberName}
        hint={session.nameHint}
        name="memberName"
        autoComplete="name"
        required
        value={form.memberName}
        error={fields.memberName}
        onChange={({ target }) => setForm({ ...form, memberName: target.value })}
      />
      <TextField
        label={session.handle}
        hint={session.handleHint}
        name="handle"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
        value={form.handle}
        error={fields.handle}
        onChange={({ target }) => setForm({ ...form, handle: target.value })}
      />
      <p role="alert" className="field-error">
        {Object.keys(fields).length === 0 && sentence}
      </p>
      <button type="submit" className="button" disabled={entry.isPending}>
        {entry.isPending ? session.signingUp : session.signup}
      </button>
    </form>
  )
}

function LinkForm({ proven }: { proven: ProvenSignIn }) {
  const dictionary = useDictionary()
  const { provider: words, session } = dictionary
  const goIn = useGoIn(undefined)
  const [password, setPassword] = useState('')
  const entry = useSending({
    mutationFn: () => linkProven(password),
    onSuccess: ({ memberName }) => goIn(memberName),
  })
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        entry.start()
      }}
    >
      <p className="gate-reason">{words.linkMeans(proven.email, proven.provider.name)}</p>
      <TextField
        label={session.password}
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        error={entry.isError ? sentenceOf(entry.error, dictionary) : undefined}
        onChange={({ target }) => setPassword(target.value)}
      />
      <button type="submit" className="button" disabled={entry.isPending}>
        {entry.isPending ? session.loggingIn : words.linkAndLogin}
      </button>
    </form>
  )
}
