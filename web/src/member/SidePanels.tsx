import type { MemberSummary } from '@dailyfeed/contract/member'
import type { Page } from '@dailyfeed/contract/page'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { itemsOf } from '../scroll/pages.ts'
import { useScroll } from '../scroll/useScroll.ts'
import { messageFor } from '../server/failure.ts'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useFollowings } from './follow.ts'
import { MemberRow } from './MemberRow.tsx'

const FOLLOWINGS_SHOWN = 5
const RECOMMENDATIONS_PER_PAGE = 5

export function FollowingPanel() {
  const { member, action } = useDictionary()
  const titleId = useId()
  const { data, isPending, error, refetch } = useFollowings()
  const followings = data ?? []
  return (
    <section className="card panel" aria-labelledby={titleId}>
      <h2 id={titleId}>{member.followingList}</h2>
      {isPending && <Skeleton shape="row" />}
      {error !== null && data === undefined && (
        <PanelError error={error} onRetry={() => void refetch()} />
      )}
      {data?.length === 0 && <p className="panel-note">{member.noFollowings}</p>}
      <ul>
        {followings.slice(0, FOLLOWINGS_SHOWN).map((each) => (
          <li key={each.memberId}>
            <MemberRow member={each} />
          </li>
        ))}
      </ul>
      {followings.length > FOLLOWINGS_SHOWN && (
        <Link to="/connections" search={{ tab: 'followings' }} className="panel-more">
          {action.more}
        </Link>
      )}
    </section>
  )
}

export function WhoToFollow() {
  const { member, action } = useDictionary()
  const titleId = useId()
  const query = useScroll<MemberSummary, Page<MemberSummary>>({
    key: ['recommended'],
    path: '/api/members/follow/recommend/newbie',
    size: RECOMMENDATIONS_PER_PAGE,
  })
  const initialFollowings = useInitialFollowings()
  const recommended = itemsOf(query.data).filter(
    ({ memberId }) => !initialFollowings?.has(memberId),
  )
  return (
    <section className="card panel" aria-labelledby={titleId}>
      <h2 id={titleId}>{member.whoToFollow}</h2>
      {query.isPending && <Skeleton shape="row" />}
      {query.isError && (
        <PanelError
          error={query.error}
          onRetry={() => void (query.data === undefined ? query.refetch() : query.fetchNextPage())}
        />
      )}
      {query.isSuccess && recommended.length === 0 && (
        <p className="panel-note">{member.noRecommendations}</p>
      )}
      <ul>
        {recommended.map((each) => (
          <li key={each.memberId}>
            <MemberRow member={each} />
          </li>
        ))}
      </ul>
      {query.hasNextPage && !query.isError && (
        <button
          type="button"
          className="text-button panel-more"
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {action.more}
        </button>
      )}
    </section>
  )
}

/**
 * Ids of the members followed when the panel appeared. A member who is followed from the panel stays in it until the
 * next visit, so that a mistake can be undone.
 */
function useInitialFollowings(): Set<number> | undefined {
  const followings = useFollowings().data
  const [initial, setInitial] = useState<Set<number>>()
  if (initial === undefined && followings !== undefined)
    setInitial(new Set(followings.map(({ memberId }) => memberId)))
  return initial
}

function PanelError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const dictionary = useDictionary()
  return (
    <p className="panel-note" role="alert">
      {messageFor(error, dictionary)}{' '}
      <button type="button" className="text-button" onClick={onRetry}>
        {dictionary.action.tryAgain}
      </button>
    </p>
  )
}
