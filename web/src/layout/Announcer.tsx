import { Link } from '@tanstack/react-router'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { type Announcement, dismiss, useAnnouncements } from './announce.ts'

/** Both regions stand on the page from the start: a live region that comes with its text is not read out. */
export function Announcer() {
  const announcements = useAnnouncements()
  return (
    <div className="announcer">
      <div role="status">
        {announcements
          .filter(({ kind }) => kind === 'DONE')
          .map((each) => (
            <Notice key={each.id} {...each} />
          ))}
      </div>
      <div role="alert">
        {announcements
          .filter(({ kind }) => kind === 'FAILED')
          .map((each) => (
            <Notice key={each.id} {...each} />
          ))}
      </div>
    </div>
  )
}

function Notice({ id, text, kind, postId }: Announcement) {
  const { act, post } = useDictionary()
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
        aria-label={act.dismiss}
        onClick={() => dismiss(id)}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}
