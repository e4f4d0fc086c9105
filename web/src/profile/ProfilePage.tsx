import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { fetchMe, ME } from '../session/me.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { HandleForm } from './HandleForm.tsx'
import { PictureForm } from './PictureForm.tsx'
import { ProfileForm } from './ProfileForm.tsx'
import './profile.css'

/** The forms for the signed-in member's own profile. */
export function ProfilePage(): ReactNode {
  const { nav, profile: t } = useDictionary()
  const {
    data: profile,
    isPending,
    error,
    refetch,
  } = useQuery({ queryKey: ME, queryFn: ({ signal }) => fetchMe(signal) })
  return (
    <>
      <PageHeading title={nav.profile}>
        {profile !== undefined && (
          <Link to="/members/$handle" params={{ handle: profile.handle }}>
            {t.viewPublic}
          </Link>
        )}
      </PageHeading>
      {isPending ? (
        <Skeleton />
      ) : profile === undefined ? (
        <ErrorCard error={error} onRetry={() => void refetch()} />
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
