import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { FollowingPanel, WhoToFollow } from '../member/SidePanels.tsx'
import { useNotificationStream } from '../notification/stream.ts'
import { openComposer } from '../post/draft.ts'
import { SearchBox } from '../search/SearchBox.tsx'
import { Account } from './Account.tsx'
import { useIsWide } from './media.ts'
import { Modal } from './Modal.tsx'
import { BottomBar, Navigation } from './Navigation.tsx'

/** Three columns where there is room; a top bar, a bottom bar and a drawer where there is not. */
export function Shell({ children }: { children: ReactNode }) {
  const { skipToContent } = useDictionary()
  const isWide = useIsWide()
  useNotificationStream()
  return (
    <>
      <a href="#main" className="skip-link">
        {skipToContent}
      </a>
      {!isWide && <TopBar />}
      <div className="columns">
        {isWide && (
          <header className="column-left">
            <Brand />
            <Navigation />
            <WriteButton />
            <Account />
          </header>
        )}
        <main id="main" tabIndex={-1}>
          {children}
        </main>
        {isWide && (
          <aside className="column-right">
            <SearchBox />
            <FollowingPanel />
            <WhoToFollow />
          </aside>
        )}
      </div>
      {!isWide && <BottomBar />}
    </>
  )
}

function Brand() {
  const { product } = useDictionary()
  return (
    <Link to="/" className="brand">
      {product}
    </Link>
  )
}

function WriteButton({ onWrite }: { onWrite?: () => void }) {
  const { post } = useDictionary()
  const navigate = useNavigate()
  return (
    <button
      type="button"
      className="button write-button"
      onClick={() => {
        onWrite?.()
        if (!openComposer.ask()) void navigate({ to: '/' })
      }}
    >
      {post.compose}
    </button>
  )
}

function TopBar() {
  const { nav } = useDictionary()
  const [isOpen, setOpen] = useState(false)
  const { pathname } = useLocation()
  // A link in the drawer leads somewhere: the drawer has done its work.
  // biome-ignore lint/correctness/useExhaustiveDependencies: closes whenever the page changes
  useEffect(() => setOpen(false), [pathname])
  return (
    <header className="top-bar">
      <button
        type="button"
        className="icon-button"
        aria-label={nav.menu}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(true)}
      >
        <Icon name="menu" />
      </button>
      <Brand />
      <Link to="/search" search={{}} className="icon-button" aria-label={nav.search}>
        <Icon name="search" />
      </Link>
      {isOpen && (
        <Modal title={nav.menu} className="modal drawer" onClose={() => setOpen(false)}>
          <button
            type="button"
            className="icon-button drawer-close"
            aria-label={nav.closeMenu}
            onClick={() => setOpen(false)}
          >
            <Icon name="close" />
          </button>
          {/* Also for the link to the page that is open already. */}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: the links inside act */}
          <div
            onClick={(event) =>
              event.target instanceof Element &&
              event.target.closest('a') !== null &&
              setOpen(false)
            }
          >
            <Navigation />
            <WriteButton onWrite={() => setOpen(false)} />
            <Account />
            <FollowingPanel />
            <WhoToFollow />
          </div>
        </Modal>
      )}
    </header>
  )
}
