import { useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { useMe } from '../session/me.ts'
import { type Followable, useFollow } from './follow.ts'

/** "Following" becomes "Unfollow" under the pointer and with focus, and its name with it. */
export function FollowButton({ member }: { member: Followable }) {
  const { member: words } = useDictionary()
  const me = useMe()
  const { isFollowing, toggle } = useFollow(member)
  const [isPointedAt, setPointedAt] = useState(false)
  // Nobody follows themselves, and a guess would be a button that may do the opposite.
  if (me === undefined || me.memberId === member.memberId) return null
  const isKnown = isFollowing !== undefined
  const state = isFollowing ? (isPointedAt ? 'unfollow' : 'following') : 'follow'
  return (
    <button
      type="button"
      className={`button follow-button follow-${state}`}
      // Keeps its place while it is not known what it would do.
      style={isKnown ? undefined : { visibility: 'hidden' }}
      aria-label={words[`${state}Named`](member.memberName)}
      onClick={() => {
        // Right after the press the answer is what was done, not what could be done next.
        setPointedAt(false)
        toggle()
      }}
      onPointerEnter={({ pointerType }) => setPointedAt(pointerType === 'mouse')}
      onPointerLeave={() => setPointedAt(false)}
      onFocus={({ target }) => setPointedAt(target.matches(':focus-visible'))}
      onBlur={() => setPointedAt(false)}
    >
      {words[state]}
    </button>
  )
}
