import type { MemberProfile } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { TextField } from '../layout/Field.tsx'
import { holdWhileComposing } from '../layout/typing.ts'
import { fieldSentencesOf, sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { changeHandle } from './profiles.ts'

export function HandleForm({ profile }: { profile: MemberProfile }) {
  const dictionary = useDictionary()
  const { profile: words, session, act } = dictionary
  const client = useQueryClient()
  const titleId = useId()
  const [handle, setHandle] = useState('')
  const change = useSending({
    mutationFn: () => changeHandle(client, handle.trim()),
    onSuccess: () => {
      setHandle('')
      announce(words.handleSaved)
    },
  })
  const error = change.isError
    ? (fieldSentencesOf(change.error).newHandle ?? sentenceOf(change.error, dictionary))
    : undefined
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{session.handle}</h2>
      <p className="field-hint">{words.handleNow(profile.handle)}</p>
      <form
        className="form"
        noValidate
        onKeyDown={holdWhileComposing}
        onSubmit={(event) => {
          event.preventDefault()
          change.start()
        }}
      >
        <TextField
          label={words.newHandle}
          hint={session.handleHint}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={handle}
          error={error}
          onChange={({ target }) => setHandle(target.value)}
        />
        <button type="submit" className="button" disabled={change.isPending}>
          {change.isPending ? act.saving : words.changeHandle}
        </button>
      </form>
    </section>
  )
}
