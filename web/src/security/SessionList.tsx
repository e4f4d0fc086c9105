import type { Session } from '@dailyfeed/contract/member'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../ui/announce.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { call } from '../session/call.ts'
import { messageFor } from '../server/failure.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { endSession } from '../session/session.ts'
import { RelativeTime } from '../time/RelativeTime.tsx'
import { deviceText } from './deviceText.ts'

const SESSIONS = ['sessions'] as const

/** The member's sessions, each with a logout button. */
export function SessionList() {
  const dictionary = useDictionary()
  const { security: t } = dictionary
  const titleId = useId()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: SESSIONS,
    queryFn: ({ signal }) => call<Session[]>('GET', '/api/authentication/sessions', { signal }),
  })
  const logoutAll = useSubmit({
    mutationFn: () => call<true>('POST', '/api/authentication/logout-all'),
    onSuccess: () => endSession('LOGGED_OUT'),
  })
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{t.sessions}</h2>
      {isPending ? (
        <Skeleton shape="row" />
      ) : data === undefined ? (
        <ErrorCard error={error} onRetry={() => void refetch()} />
      ) : (
        <ul className="row-list">
          {data
            .toSorted((a, b) => Number(b.current) - Number(a.current))
            .map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
        </ul>
      )}
      <p role="alert" className="field-error">
        {logoutAll.isError && messageFor(logoutAll.error, dictionary)}
      </p>
      <button
        type="button"
        className="button button-quiet"
        disabled={logoutAll.isPending}
        onClick={logoutAll.submit}
      >
        {t.logoutEverywhere}
      </button>
    </section>
  )
}

function SessionRow({ session }: { session: Session }) {
  const dictionary = useDictionary()
  const { security: t } = dictionary
  const client = useQueryClient()
  const device = deviceText(session.userAgent) ?? t.unknownDevice
  const end = useSubmit({
    mutationFn: () => call<true>('DELETE', `/api/authentication/sessions/${session.id}`),
    onSuccess: () => {
      announce(t.sessionEnded(device))
      void client.invalidateQueries({ queryKey: SESSIONS })
    },
  })
  return (
    <li className="row">
      <div className="row-text">
        <strong>{device}</strong>
        <span className="field-hint">
          {session.current ? (
            t.current
          ) : (
            <>
              {t.lastUsed} <RelativeTime instant={session.lastUsedAt} />
              {session.address !== null && ` · ${session.address}`}
            </>
          )}
        </span>
        {end.isError && (
          <span role="alert" className="field-error">
            {messageFor(end.error, dictionary)}
          </span>
        )}
      </div>
      {!session.current && (
        <button
          type="button"
          className="button button-quiet"
          disabled={end.isPending}
          aria-label={t.endNamed(device)}
          onClick={end.submit}
        >
          {t.end}
        </button>
      )}
    </li>
  )
}
