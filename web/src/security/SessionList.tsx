import type { Session } from '@dailyfeed/contract/member'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { call } from '../server/call.ts'
import { sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { endSession } from '../session/session.ts'
import { RelativeTime } from '../time/RelativeTime.tsx'
import { deviceText } from './deviceText.ts'

const SESSIONS = ['sessions'] as const

/** Where one is logged in, each of which can be ended from here. */
export function SessionList() {
  const dictionary = useDictionary()
  const { security: words } = dictionary
  const titleId = useId()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: SESSIONS,
    queryFn: ({ signal }) => call<Session[]>('GET', '/api/authentication/sessions', { signal }),
  })
  const everywhere = useSending({
    mutationFn: () => call<true>('POST', '/api/authentication/logout-all'),
    onSuccess: () => endSession('LOGGED_OUT'),
  })
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{words.sessions}</h2>
      {isPending ? (
        <Waiting shape="row" />
      ) : data === undefined ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : (
        <ul className="security-list">
          {data
            .toSorted((a, b) => Number(b.current) - Number(a.current))
            .map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
        </ul>
      )}
      <p role="alert" className="field-error">
        {everywhere.isError && sentenceOf(everywhere.error, dictionary)}
      </p>
      <button
        type="button"
        className="button button-quiet"
        disabled={everywhere.isPending}
        onClick={() => everywhere.start()}
      >
        {words.logoutEverywhere}
      </button>
    </section>
  )
}

function SessionRow({ session }: { session: Session }) {
  const dictionary = useDictionary()
  const { security: words } = dictionary
  const client = useQueryClient()
  const device = deviceText(session.userAgent) ?? words.unknownDevice
  const ending = useSending({
    mutationFn: () => call<true>('DELETE', `/api/authentication/sessions/${session.id}`),
    onSuccess: () => {
      announce(words.sessionEnded(device))
      void client.invalidateQueries({ queryKey: SESSIONS })
    },
  })
  return (
    <li className="security-row">
      <div className="security-row-text">
        <strong>{device}</strong>
        <span className="field-hint">
          {session.current ? (
            words.current
          ) : (
            <>
              {words.lastUsed} <RelativeTime instant={session.lastUsedAt} />
              {session.address !== null && ` · ${session.address}`}
            </>
          )}
        </span>
        {ending.isError && (
          <span role="alert" className="field-error">
            {sentenceOf(ending.error, dictionary)}
          </span>
        )}
      </div>
      {!session.current && (
        <button
          type="button"
          className="button button-quiet"
          disabled={ending.isPending}
          aria-label={words.endOf(device)}
          onClick={() => ending.start()}
        >
          {words.end}
        </button>
      )}
    </li>
  )
}
