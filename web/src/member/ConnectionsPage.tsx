import type { MemberSummary } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { PageHeading } from '../layout/PageHeading.tsx'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { hasComeBack } from '../scroll/arrival.ts'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf, refreshFromTop, useScroll } from '../scroll/useScroll.ts'
import { CONNECTIONS } from './follow.ts'
import { MemberRow } from './MemberRow.tsx'
import { useProfile } from './MemberPage.tsx'

const ROW_ESTIMATE = 68
export type Tab = 'followers' | 'followings'

const ownRoute = getRouteApi('/app/connections')
const memberRoute = getRouteApi('/app/members/$handle/connections')

/** One's own. */
export function ConnectionsPage(): ReactNode {
  const { nav, member } = useDictionary()
  const { tab = 'followers' } = ownRoute.useSearch()
  return (
    <>
      <PageHeading title={nav.connections} />
      <nav aria-label={nav.connections} className="tabs">
        {(['followers', 'followings'] as const).map((each) => (
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
      <Connections key={tab} tab={tab} path={`/api/members/${tab}/more`} of="me" />
    </>
  )
}

/** Another member's. */
export function MemberConnectionsPage(): ReactNode {
  const { nav, member } = useDictionary()
  const handle = memberRoute.useParams().handle.replace(/^@/, '')
  const { tab = 'followers' } = memberRoute.useSearch()
  const { data: profile, isPending, error, refetch } = useProfile(handle)
  if (isPending) return <Waiting shape="row" />
  if (profile === undefined) return <Problem error={error} onRetry={() => void refetch()} />
  return (
    <>
      <PageHeading title={member.followersOf(profile.memberName)} />
      <nav aria-label={nav.connections} className="tabs">
        {(['followers', 'followings'] as const).map((each) => (
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
        of={profile.memberId}
      />
    </>
  )
}

function Connections({ tab, path, of }: { tab: Tab; path: string; of: number | 'me' }) {
  const { member } = useDictionary()
  const client = useQueryClient()
  const key = [CONNECTIONS, tab, of] as const
  useState(() => {
    if (!hasComeBack()) refreshFromTop(client, key)
  })
  const walk = useScroll<MemberSummary>({ key, path })
  if (walk.isPending) return <Waiting shape="row" />
  if (walk.data === undefined)
    return <Problem error={walk.error} onRetry={() => void walk.refetch()} />
  const members = itemsOf(walk.data)
  if (members.length === 0) {
    const none =
      tab === 'followers'
        ? member.noFollowers
        : of === 'me'
          ? member.noFollowings
          : member.noOneFollowed
    return <div className="card empty">{none}</div>
  }
  return (
    <div className="card connections">
      <EndlessList
        role="list"
        name={JSON.stringify(key)}
        label={member[tab]}
        items={members}
        walk={walk}
        estimate={ROW_ESTIMATE}
        render={(each) => <MemberRow member={each} withBio />}
        end=" "
      />
    </div>
  )
}
