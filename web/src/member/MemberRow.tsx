import { Link } from '@tanstack/react-router'
import { Avatar } from './Avatar.tsx'
import type { Followable } from './follow.ts'
import { FollowButton } from './FollowButton.tsx'

export function MemberRow({ member, withBio = false }: { member: Followable; withBio?: boolean }) {
  return (
    <div className="member-row">
      <Link
        to="/members/$handle"
        params={{ handle: member.handle }}
        tabIndex={-1}
        aria-hidden="true"
      >
        <Avatar name={member.memberName} url={member.avatarUrl} size={40} />
      </Link>
      <div className="member-row-text">
        <Link to="/members/$handle" params={{ handle: member.handle }} className="byline-name">
          {member.memberName}
        </Link>
        <span className="byline-handle">@{member.handle}</span>
        {withBio && member.bio !== null && member.bio !== '' && (
          <p className="member-row-bio">{member.bio}</p>
        )}
      </div>
      <FollowButton member={member} />
    </div>
  )
}
