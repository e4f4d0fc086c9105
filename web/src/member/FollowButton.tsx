import { useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { useMe } from '../session/me.ts'
import { type Followable, useFollow } from './follow.ts'

/** Under the pointer or with keyboard focus, "Following" becomes "Unfollow", as does the accessible name. */
export function FollowButton({ member }: { member: Followable }) {
  const { member: t } = useDictionary()
  const me = useMe()
  const { isFollowing, toggle } = useFollow(member)
  const [isHovered, setHovered] = useState(false)
  // Members cannot follow themselves. While it is unknown who is signed in, the button could do the opposite of its label.
  if (me === undefined || me.memberId === member.memberId) return null
  const isKnown = isFollowing !== undefined
  const state = isFollowing ? (isHovered ? 'unfollow' : 'following') : 'follow'
  return (
    <button
      type="button"
      className={`button follow-button follow-${state}`}
      // Reserves its space while the state is loading.
      style={isKnown ? undefined : { visibility: 'hidden' }}
      aria-label={t[`${state}Named`](member.memberName)}
      onClick={() => {
        // After the click, the label shows the new state and not the next action.
        setHovered(false)
        toggle()
      }}
      onPointerEnter={({ pointerType }) => setHovered(pointerType === 'mouse')}
      onPointerLeave={() => setHovered(false)}
      onFocus={({ target }) => setHovered(target.matches(':focus-visible'))}
      onBlur={() => setHovered(false)}
    >
      {t[state]}
    </button>
  )
}
