import type { MemberSummary } from '@dailyfeed/contract/member'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { Waiting } from '../layout/Waiting.tsx'
import { itemsOf, useScroll } from '../scroll/useScroll.ts'
import { sentenceOf } from '../server/failure.ts'
import { RECOMMENDED, type Recommended, recommendedPath, useFollowings } from './follow.ts'
import { MemberRow } from './MemberRow.tsx'

const FOLLOWINGS_SHOWN = 5
const RECOMMENDED_AT_ONCE = 5

export function FollowingPanel() {
  const dictionary = useDictionary()
  const { member, act } = dictionary
  const titleId = useId()
  const { data, isPending, error, refetch } = useFollowings()
  const followings = data ?? []
  return (
    <section className="card panel" aria-labelledby={titleId}>
      <h2 id={titleId}>{member.followingList}</h2>
      {isPending && <Waiting shape="row" />}
      {error !== null && data === undefined && (
        <PanelProblem error={error} onRetry={() => void refetch()} />
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
          {act.more}
        </Link>
      )}
    </section>
  )
}

export function WhoToFollow() {
  const { member, act } = useDictionary()
  const titleId = useId()
  const walk = useScroll<MemberSummary, Recommended>({
    key: RECOMMENDED,
    path: recommendedPath,
    size: RECOMMENDED_AT_ONCE,
  })
  const followings = useFollowings().data
  const [initial, setInitial] = useState<Set<number>>()
  // Whom one follows from here stays in place until the next visit, so that a slip can be taken back.
  if (initial === undefined && followings !== undefined)
    setInitial(new Set(followings.map(({ memberId }) => memberId)))
  const recommended = itemsOf(walk.data).filter(({ memberId }) => !initial?.has(memberId))
  return (
    <section className="card panel" aria-labelledby={titleId}>
      <h2 id={titleId}>{member.whoToFollow}</h2>
      {walk.isPending && <Waiting shape="row" />}
      {walk.isError && (
        <PanelProblem
          error={walk.error}
          onRetry={() => void (walk.data === undefined ? walk.refetch() : walk.fetchNextPage())}
        />
      )}
      {walk.isSuccess && recommended.length === 0 && (
        <p className="panel-note">{member.noRecommendations}</p>
      )}
      <ul>
        {recommended.map((each) => (
          <li key={each.memberId}>
            <MemberRow member={each} />
          </li>
        ))}
      </ul>
      {walk.hasNextPage && !walk.isError && (
        <button
          type="button"
          className="text-button panel-more"
          disabled={walk.isFetchingNextPage}
          onClick={() => void walk.fetchNextPage()}
        >
          {act.more}
        </button>
      )}
    </section>
  )
}

function PanelProblem({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const dictionary = useDictionary()
  return (
    <p className="panel-note" role="alert">
      {sentenceOf(error, dictionary)}{' '}
      <button type="button" className="text-button" onClick={onRetry}>
        {dictionary.act.tryAgain}
      </button>
    </p>
  )
}
