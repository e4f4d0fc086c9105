import type { MemberProfile } from '@dailyfeed/contract/member'
import { Link } from '@tanstack/react-router'
import { BlockingButtons } from '../blocking/BlockingButtons.tsx'
import { useCountFormat, useDictionary, useLanguage } from '../language/language.ts'
import { PageHeading } from '../ui/PageHeading.tsx'
import { useMe } from '../session/me.ts'
import { dayText } from '../time/relativeText.ts'
import { Avatar } from '../member/Avatar.tsx'
import { FollowButton } from '../member/FollowButton.tsx'

/** A member's profile, above their posts. */
export function ProfileHeader({ profile }: { profile: MemberProfile }) {
  const { member } = useDictionary()
  const language = useLanguage()
  const format = useCountFormat()
  const isMe = useMe()?.memberId === profile.memberId
  const params = { handle: profile.handle }
  return (
    <section className="card profile-header">
      <Avatar name={profile.memberName} url={profile.avatarUrl} size={88} />
      <div className="profile-actions">
        {isMe ? (
          <Link to="/profile" className="button button-quiet">
            {member.editProfile}
          </Link>
        ) : (
          <>
            <BlockingButtons member={profile} />
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
      {profile.bio !== null && profile.bio !== '' && <p className="user-text">{profile.bio}</p>}
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

/** The server accepts no other address, but protection from `javascript:` links must not depend on that alone. */
const isWebAddress = (address: string | null): address is string =>
  address !== null && /^https?:\/\//i.test(address)
