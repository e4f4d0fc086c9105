import type { MemberProfile } from '@dailyfeed/contract/member'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { PageHeading } from '../layout/PageHeading.tsx'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { call } from '../server/call.ts'
import { ME } from '../session/me.ts'
import { HandleForm } from './HandleForm.tsx'
import { PictureForm } from './PictureForm.tsx'
import { ProfileForm } from './ProfileForm.tsx'

/** One's own profile, open for changes. */
export function ProfilePage(): ReactNode {
  const { nav, profile: words } = useDictionary()
  const {
    data: profile,
    isPending,
    error,
    refetch,
  } = useQuery({
    queryKey: ME,
    queryFn: ({ signal }) => call<MemberProfile>('GET', '/api/members/profile', { signal }),
  })
  return (
    <>
      <PageHeading title={nav.profile}>
        {profile !== undefined && (
          <Link to="/members/$handle" params={{ handle: profile.handle }}>
            {words.viewPublic}
          </Link>
        )}
      </PageHeading>
      {isPending ? (
        <Waiting />
      ) : profile === undefined ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <PictureForm profile={profile} />
          <ProfileForm profile={profile} />
          <HandleForm profile={profile} />
        </>
      )}
    </>
  )
}
