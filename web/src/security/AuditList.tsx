import type { AuditEntry } from '@dailyfeed/contract/member'
import type { Scroll } from '@dailyfeed/contract/page'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { call, withQuery } from '../server/call.ts'
import { RelativeTime } from '../time/RelativeTime.tsx'
import { deviceText } from './deviceText.ts'

const PAGE = 10

/** What happened to one's account, newest first, ten at a time. */
export function AuditList() {
  const { security: words, act: acts } = useDictionary()
  const titleId = useId()
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery({
      queryKey: ['audit'],
      initialPageParam: undefined as string | undefined,
      queryFn: ({ pageParam, signal }) =>
        call<Scroll<AuditEntry>>(
          'GET',
          withQuery('/api/authentication/audit', { size: PAGE, cursor: pageParam }),
          { signal },
        ),
      getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    })
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{words.audit}</h2>
      <p className="field-hint">{words.auditHint}</p>
      {isPending ? (
        <Waiting shape="row" />
      ) : data === undefined ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : (
        <ul className="security-list">
          {data.pages
            .flatMap(({ content }) => content)
            .map(({ id, type, act, occurredAt, address, userAgent }) => (
              <li key={id} className="security-row">
                <div className="security-row-text">
                  <strong>{words.auditTypes[type]}</strong>
                  <span className="field-hint">
                    {[act, deviceText(userAgent), address]
                      .filter((part) => part !== null && part !== undefined)
                      .join(' · ')}
                  </span>
                </div>
                <span className="field-hint">
                  <RelativeTime instant={occurredAt} />
                </span>
              </li>
            ))}
        </ul>
      )}
      {hasNextPage && (
        <button
          type="button"
          className="button button-quiet"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {acts.more}
        </button>
      )}
    </section>
  )
}
