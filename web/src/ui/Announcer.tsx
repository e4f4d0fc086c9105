import { Link } from '@tanstack/react-router'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { dismiss, useAnnouncements } from './announce.ts'
import type { Announcement } from './announcements.ts'

/** Both live regions are always on the page: a region that is inserted together with its text is not read out. */
export function Announcer() {
  return (
    <div className="announcer">
      <div role="status">
        <Notices kind="DONE" />
      </div>
      <div role="alert">
        <Notices kind="FAILED" />
      </div>
    </div>
  )
}

function Notices({ kind }: { kind: Announcement['kind'] }) {
  return useAnnouncements()
    .filter((each) => each.kind === kind)
    .map((each) => <Notice key={each.id} {...each} />)
}

function Notice({ id, text, kind, postId }: Announcement) {
  const { action, post } = useDictionary()
  return (
    <div className={kind === 'FAILED' ? 'notice notice-failed' : 'notice'}>
      <p>{text}</p>
      {postId !== undefined && (
        <Link to="/posts/$postId" params={{ postId: String(postId) }} onClick={() => dismiss(id)}>
          {post.open}
        </Link>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label={action.dismiss}
        onClick={() => dismiss(id)}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}
