import type { MemberSummary } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { CONNECTIONS } from '../member/follow.ts'
import { MemberRow } from '../member/MemberRow.tsx'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf } from '../scroll/pages.ts'
import { refreshFromTop, useScroll } from '../scroll/useScroll.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useFreshOnVisit } from '../visit/useFreshOnVisit.ts'
import { handleOf, useProfile } from './useProfile.ts'

const ROW_ESTIMATE = 68
const TABS = ['followers', 'followings'] as const
type Tab = (typeof TABS)[number]

const ownRoute = getRouteApi('/app/connections')
const memberRoute = getRouteApi('/app/members/$handle/connections')

/** The connections of the signed-in member. */
export function ConnectionsPage(): ReactNode {
  const { nav, member } = useDictionary()
  const { tab = 'followers' } = ownRoute.useSearch()
  return (
    <>
      <PageHeading title={nav.connections} />
      <nav aria-label={nav.connections} className="tabs">
        {TABS.map((each) => (
          <Link
            key={each}
            to="/connections"
            search={{ tab: each }}
            replace
            aria-current={each === tab ? 'page' : undefined}
          >
            {member[each]}
          </Link>
        ))}
      </nav>
      <Connections key={tab} tab={tab} path={`/api/members/${tab}/more`} memberId="me" />
    </>
  )
}

/** The connections of any member. */
export function MemberConnectionsPage(): ReactNode {
  const { nav, member } = useDictionary()
  const handle = handleOf(memberRoute.useParams().handle)
  const { tab = 'followers' } = memberRoute.useSearch()
  const { data: profile, isPending, error, refetch } = useProfile(handle)
  if (isPending) return <Skeleton shape="row" />
  if (profile === undefined) return <ErrorCard error={error} onRetry={() => void refetch()} />
  return (
    <>
      <PageHeading title={member.connectionsOf(profile.memberName)} />
      <nav aria-label={nav.connections} className="tabs">
        {TABS.map((each) => (
          <Link
            key={each}
            to="/members/$handle/connections"
            params={{ handle }}
            search={{ tab: each }}
            replace
            aria-current={each === tab ? 'page' : undefined}
          >
            {member[each]}
          </Link>
        ))}
      </nav>
      <Connections
        key={tab}
        tab={tab}
        path={`/api/members/${profile.memberId}/${tab}/more`}
        memberId={profile.memberId}
      />
    </>
  )
}

interface ConnectionsProps {
  tab: Tab
  path: string
  memberId: number | 'me'
}

function Connections({ tab, path, memberId }: ConnectionsProps) {
  const { member } = useDictionary()
  const client = useQueryClient()
  const key = [CONNECTIONS, tab, memberId] as const
  const isReady = useFreshOnVisit(() => refreshFromTop(client, key))
  const query = useScroll<MemberSummary>({ key, path })
  if (!isReady || query.isPending) return <Skeleton shape="row" />
  if (query.data === undefined)
    return <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
  const members = itemsOf(query.data)
  if (members.length === 0) {
    const emptyText =
      tab === 'followers'
        ? member.noFollowers
        : memberId === 'me'
          ? member.noFollowings
          : member.memberFollowsNobody
    return <div className="card empty">{emptyText}</div>
  }
  return (
    <div className="card compact-list">
      <EndlessList
        role="list"
        id={JSON.stringify(key)}
        label={member[tab]}
        items={members}
        query={query}
        estimate={ROW_ESTIMATE}
        render={(each) => <MemberRow member={each} withBio />}
        end=" "
      />
    </div>
  )
}
