import { Link } from '@tanstack/react-router'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { Avatar } from '../member/Avatar.tsx'
import { logout, useMe } from '../session/me.ts'
import { Settings } from './Settings.tsx'

/** The signed-in member, the language and theme settings, and the logout button. */
export function Account() {
  const { nav } = useDictionary()
  const me = useMe()
  return (
    <section className="account" aria-label={nav.accountLabel}>
      {me !== undefined && (
        <Link to="/members/$handle" params={{ handle: me.handle }} className="account-me">
          <Avatar name={me.memberName} url={me.avatarUrl} size={38} />
          <span className="account-names">
            <span className="account-name">{me.memberName}</span>
            <span className="account-handle">@{me.handle}</span>
          </span>
        </Link>
      )}
      <Settings />
      <button type="button" className="button button-quiet" onClick={() => void logout()}>
        <Icon name="leave" />
        {nav.logout}
      </button>
    </section>
  )
}
