import type { SignInMethods as Methods } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../ui/announce.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { OwnerProofDialog } from './OwnerProofDialog.tsx'
import { SIGN_IN_METHODS, startLink, unlinkProvider, useSignInMethods } from './signInMethods.ts'

const route = getRouteApi('/app/security')

type Provider = Methods['providers'][number]

/** Links and unlinks providers; not rendered when none is configured. */
export function SignInMethods() {
  const { provider: t } = useDictionary()
  const { problem } = route.useSearch()
  const titleId = useId()
  const [selected, setSelected] = useState<Provider>()
  const { data, error, isPending, refetch } = useSignInMethods()
  if (data?.providers.length === 0) return null
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{t.methods}</h2>
      {problem !== undefined && (
        <p role="alert" className="field-error">
          {t.problems[problem]}
        </p>
      )}
      {isPending ? (
        <Skeleton shape="row" />
      ) : data === undefined ? (
        <ErrorCard error={error} onRetry={() => void refetch()} />
      ) : (
        <ul className="row-list">
          {data.providers.map((provider) => (
            <ProviderRow
              key={provider.id}
              provider={provider}
              onSelect={() => setSelected(provider)}
            />
          ))}
        </ul>
      )}
      {selected !== undefined && (
        <LinkDialog provider={selected} onClose={() => setSelected(undefined)} />
      )}
    </section>
  )
}

function ProviderRow({ provider, onSelect }: { provider: Provider; onSelect: () => void }) {
  const { provider: t } = useDictionary()
  const { name, linked } = provider
  return (
    <li className="row">
      <div className="row-text">
        <strong>{name}</strong>
        <span className="field-hint">
          {linked === null ? t.notLinked : (linked.email ?? t.linked)}
        </span>
      </div>
      <button
        type="button"
        className="button button-quiet"
        aria-label={linked === null ? t.linkNamed(name) : t.unlinkNamed(name)}
        onClick={onSelect}
      >
        {linked === null ? t.link : t.unlink}
      </button>
    </li>
  )
}

function LinkDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { provider: t } = useDictionary()
  const client = useQueryClient()
  if (provider.linked === null)
    return (
      <OwnerProofDialog
        title={t.linkNamed(provider.name)}
        confirmLabel={t.continue}
        onConfirm={(password) => startLink(provider.id, password)}
        onSuccess={({ url }) => window.location.assign(url)}
        onClose={onClose}
      />
    )
  return (
    <OwnerProofDialog
      title={t.unlinkNamed(provider.name)}
      confirmLabel={t.unlink}
      onConfirm={(password) => unlinkProvider(provider.id, password)}
      onSuccess={() => {
        announce(t.unlinked(provider.name))
        void client.invalidateQueries({ queryKey: SIGN_IN_METHODS })
        onClose()
      }}
      onClose={onClose}
    />
  )
}
