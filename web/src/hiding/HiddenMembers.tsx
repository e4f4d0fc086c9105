import type { MemberSummary } from '@dailyfeed/contract/member'
import type { Scroll } from '@dailyfeed/contract/page'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { Avatar } from '../member/Avatar.tsx'
import { call, withQuery } from '../server/call.ts'
import { sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { type Hiding, hiddenKey, hiddenPathOf, setHidden } from './hiding.ts'
import './hiding.css'

/** Whom one has blocked, or muted, each to be taken back here: a blocked member has no page that could offer it. */
export function HiddenMembers({ hiding }: { hiding: Hiding }) {
  const { hiding: words, act } = useDictionary()
  const titleId = useId()
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery({
      queryKey: hiddenKey(hiding),
      initialPageParam: undefined as string | undefined,
      queryFn: ({ pageParam, signal }) =>
        call<Scroll<MemberSummary>>(
          'GET',
          withQuery(hiddenPathOf(hiding), { size: 20, cursor: pageParam }),
          { signal },
        ),
      getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    })
  const members = data?.pages.flatMap(({ content }) => content)
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{words.titles[hiding]}</h2>
      <p className="field-hint">{words.means[hiding]}</p>
      {isPending ? (
        <Waiting shape="row" />
      ) : members === undefined ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : members.length === 0 ? (
        <p className="hidden-none">{words.none[hiding]}</p>
      ) : (
        <ul className="security-list">
          {members.map((member) => (
            <HiddenRow key={member.memberId} member={member} hiding={hiding} />
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
          {act.more}
        </button>
      )}
    </section>
  )
}

function HiddenRow({ member, hiding }: { member: MemberSummary; hiding: Hiding }) {
  const dictionary = useDictionary()
  const { hiding: words } = dictionary
  const client = useQueryClient()
  const undoing = useSending({
    mutationFn: () => setHidden(client, hiding, member.memberId, false),
    onSuccess: () =>
      announce((hiding === 'block' ? words.unblocked : words.unmuted)(member.memberName)),
  })
  return (
    <li className="security-row">
      <Avatar name={member.memberName} url={member.avatarUrl} size={40} />
      <div className="security-row-text hidden-name">
        <strong>{member.memberName}</strong>
        <span className="field-hint">@{member.handle}</span>
        {undoing.isError && (
          <span role="alert" className="field-error">
            {sentenceOf(undoing.error, dictionary)}
          </span>
        )}
      </div>
      <button
        type="button"
        className="button button-quiet"
        aria-label={(hiding === 'block' ? words.unblockOf : words.unmuteOf)(member.memberName)}
        disabled={undoing.isPending}
        onClick={() => undoing.start()}
      >
        {hiding === 'block' ? words.unblock : words.unmute}
      </button>
    </li>
  )
}
