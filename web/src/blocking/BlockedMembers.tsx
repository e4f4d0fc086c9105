import { DEFAULT_PAGE_SIZE } from '@dailyfeed/contract/limits'
import type { MemberSummary } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { Avatar } from '../member/Avatar.tsx'
import { useCursorList } from '../scroll/useCursorList.ts'
import { messageFor } from '../server/failure.ts'
import { announce } from '../ui/announce.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { MoreButton } from '../ui/MoreButton.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useSubmit } from '../ui/useSubmit.ts'
import { type BlockKind, blockedKey, blockedPathOf, setBlocked } from './blocking.ts'

/** The blocked or muted members, each with an undo button: a blocked member has no page that could offer it. */
export function BlockedMembers({ kind }: { kind: BlockKind }) {
  const { blocking: t } = useDictionary()
  const titleId = useId()
  const query = useCursorList<MemberSummary>({
    key: blockedKey(kind),
    path: blockedPathOf(kind),
    size: DEFAULT_PAGE_SIZE,
  })
  const members = query.data?.pages.flatMap(({ content }) => content)
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{t.titles[kind]}</h2>
      <p className="field-hint">{t.explanations[kind]}</p>
      {query.isPending ? (
        <Skeleton shape="row" />
      ) : members === undefined ? (
        <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
      ) : members.length === 0 ? (
        <p className="list-empty">{t.empty[kind]}</p>
      ) : (
        <ul className="row-list">
          {members.map((member) => (
            <BlockedRow key={member.memberId} member={member} kind={kind} />
          ))}
        </ul>
      )}
      <MoreButton query={query} />
    </section>
  )
}

function BlockedRow({ member, kind }: { member: MemberSummary; kind: BlockKind }) {
  const dictionary = useDictionary()
  const { blocking: t } = dictionary
  const client = useQueryClient()
  const isBlock = kind === 'block'
  const undo = useSubmit({
    mutationFn: () => setBlocked(client, kind, member.memberId, false),
    onSuccess: () => announce((isBlock ? t.unblocked : t.unmuted)(member.memberName)),
  })
  return (
    <li className="row">
      <Avatar name={member.memberName} url={member.avatarUrl} size={40} />
      <div className="row-text">
        <strong>{member.memberName}</strong>
        <span className="field-hint">@{member.handle}</span>
        {undo.isError && (
          <span role="alert" className="field-error">
            {messageFor(undo.error, dictionary)}
          </span>
        )}
      </div>
      <button
        type="button"
        className="button button-quiet"
        aria-label={(isBlock ? t.unblockNamed : t.unmuteNamed)(member.memberName)}
        disabled={undo.isPending}
        onClick={undo.submit}
      >
        {isBlock ? t.unblock : t.unmute}
      </button>
    </li>
  )
}
