import type { SignInMethods as Methods } from '@dailyfeed/contract/member'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { TextField } from '../layout/Field.tsx'
import { Modal } from '../layout/Modal.tsx'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { beginLink, fetchSignInMethods, SIGN_IN_METHODS, unlinkProvider } from './providers.ts'

const route = getRouteApi('/app/security')

type Provider = Methods['providers'][number]

/** Nothing where there is no provider: then the password is all there is. */
export function SignInMethods() {
  const { provider: words } = useDictionary()
  const { problem } = route.useSearch()
  const titleId = useId()
  const [asked, setAsked] = useState<Provider>()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: SIGN_IN_METHODS,
    queryFn: ({ signal }) => fetchSignInMethods(signal),
  })
  if (data?.providers.length === 0) return null
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{words.methods}</h2>
      {problem !== undefined && (
        <p role="alert" className="field-error">
          {words.problems[problem]}
        </p>
      )}
      {isPending ? (
        <Waiting shape="row" />
      ) : data === undefined ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : (
        <ul className="security-list">
          {data.providers.map((provider) => (
            <li key={provider.id} className="security-row">
              <div className="security-row-text">
                <strong>{provider.name}</strong>
                <span className="field-hint">
                  {provider.linked === null
                    ? words.notLinked
                    : (provider.linked.email ?? words.linked)}
                </span>
              </div>
              <button
                type="button"
                className="button button-quiet"
                aria-label={
                  provider.linked === null
                    ? words.linkOf(provider.name)
                    : words.unlinkOf(provider.name)
                }
                onClick={() => setAsked(provider)}
              >
                {provider.linked === null ? words.linkIt : words.unlinkIt}
              </button>
            </li>
          ))}
        </ul>
      )}
      {asked !== undefined && data !== undefined && (
        <ProofDialog
          provider={asked}
          hasPassword={data.password}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  )
}

/** Whoever sits at an unlocked screen must not be able to leave a key behind. */
function ProofDialog({
  provider,
  hasPassword,
  onClose,
}: {
  provider: Provider
  hasPassword: boolean
  onClose: () => void
}) {
  const dictionary = useDictionary()
  const { provider: words, session, act } = dictionary
  const client = useQueryClient()
  const [password, setPassword] = useState('')
  const isLinked = provider.linked !== null
  const change = useSending({
    async mutationFn() {
      if (isLinked) await unlinkProvider(provider.id, password)
      else window.location.assign((await beginLink(provider.id, password)).url)
    },
    onSuccess() {
      if (!isLinked) return
      announce(words.unlinked(provider.name))
      void client.invalidateQueries({ queryKey: SIGN_IN_METHODS })
      onClose()
    },
  })
  const sentence = change.isError ? sentenceOf(change.error, dictionary) : undefined
  return (
    <Modal
      title={isLinked ? words.unlinkOf(provider.name) : words.linkOf(provider.name)}
      onClose={onClose}
    >
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          change.start()
        }}
      >
        {hasPassword ? (
          <TextField
            label={session.password}
            type="password"
            name="password"
            required
            autoComplete="current-password"
            value={password}
            error={sentence}
            onChange={({ target }) => setPassword(target.value)}
          />
        ) : (
          <p role="alert" className="field-error">
            {sentence}
          </p>
        )}
        <div className="modal-actions">
          <button type="button" className="button button-quiet" onClick={onClose}>
            {act.cancel}
          </button>
          <button type="submit" className="button" disabled={change.isPending}>
            {isLinked ? words.unlinkIt : words.goOn}
          </button>
        </div>
      </form>
    </Modal>
  )
}
