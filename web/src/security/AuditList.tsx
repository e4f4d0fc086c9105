import type { AuditEntry } from '@dailyfeed/contract/member'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { useCursorList } from '../scroll/useCursorList.ts'
import { RelativeTime } from '../time/RelativeTime.tsx'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { MoreButton } from '../ui/MoreButton.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { deviceText } from './deviceText.ts'

const PAGE_SIZE = 10

/** The audit log of the member's account, newest entry first. */
export function AuditList() {
  const { security: t } = useDictionary()
  const titleId = useId()
  const query = useCursorList<AuditEntry>({
    key: ['audit'],
    path: '/api/authentication/audit',
    size: PAGE_SIZE,
  })
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{t.audit}</h2>
      <p className="field-hint">{t.auditHint}</p>
      {query.isPending ? (
        <Skeleton shape="row" />
      ) : query.data === undefined ? (
        <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <ul className="row-list">
          {query.data.pages
            .flatMap(({ content }) => content)
            .map((entry) => (
              <AuditRow key={entry.id} entry={entry} />
            ))}
        </ul>
      )}
      <MoreButton query={query} />
    </section>
  )
}

function AuditRow({ entry }: { entry: AuditEntry }) {
  const { security: t } = useDictionary()
  const details = [entry.act, deviceText(entry.userAgent), entry.address]
  return (
    <li className="row">
      <div className="row-text">
        <strong>{t.auditTypes[entry.type]}</strong>
        <span className="field-hint">
          {details.filter((part) => part !== null && part !== undefined).join(' · ')}
        </span>
      </div>
      <span className="field-hint">
        <RelativeTime instant={entry.occurredAt} />
      </span>
    </li>
  )
}
