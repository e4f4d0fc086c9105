import type { MemberProfile } from '@dailyfeed/contract/member'
import { Link } from '@tanstack/react-router'
import { MemberMenu } from '../hiding/MemberMenu.tsx'
import { useCountFormat, useDictionary, useLanguage } from '../language/language.ts'
import { PageHeading } from '../layout/PageHeading.tsx'
import { useMe } from '../session/me.ts'
import { dayText } from '../time/RelativeTime.tsx'
import { Avatar } from './Avatar.tsx'
import { FollowButton } from './FollowButton.tsx'

/** Who a member is, above what they wrote. */
export function ProfileHead({ profile }: { profile: MemberProfile }) {
  const { member } = useDictionary()
  const language = useLanguage()
  const format = useCountFormat()
  const isMe = useMe()?.memberId === profile.memberId
  const params = { handle: profile.handle }
  return (
    <section className="card profile-head">
      <Avatar name={profile.memberName} url={profile.avatarUrl} size={88} />
      <div className="profile-act">
        {isMe ? (
          <Link to="/profile" className="button button-quiet">
            {member.editProfile}
          </Link>
        ) : (
          <>
            <MemberMenu member={profile} />
            <FollowButton member={profile} />
          </>
        )}
      </div>
      <PageHeading title={profile.displayName || profile.memberName} />
      <p className="profile-handle">
        @{profile.handle}
        {profile.displayName !== '' && profile.displayName !== profile.memberName && (
          <> · {profile.memberName}</>
        )}
      </p>
      {profile.bio !== null && profile.bio !== '' && <p className="post-text">{profile.bio}</p>}
      <p className="profile-facts">
        {profile.location !== null && profile.location !== '' && <span>{profile.location}</span>}
        {isWebAddress(profile.websiteUrl) && (
          <a href={profile.websiteUrl} rel="noopener noreferrer nofollow" target="_blank">
            {profile.websiteUrl.replace(/^https?:\/\//, '')}
          </a>
        )}
        <span>{member.joined(dayText(profile.createdAt, language))}</span>
      </p>
      <p className="profile-counts">
        <Link to="/members/$handle/connections" params={params} search={{ tab: 'followers' }}>
          <strong>{format(profile.followersCount)}</strong> {member.followers}
        </Link>
        <Link to="/members/$handle/connections" params={params} search={{ tab: 'followings' }}>
          <strong>{format(profile.followingsCount)}</strong> {member.followings}
        </Link>
      </p>
    </section>
  )
}

/** The server takes no other, but a `javascript:` link must not hang on that alone. */
const isWebAddress = (address: string | null): address is string =>
  address !== null && /^https?:\/\//i.test(address)
