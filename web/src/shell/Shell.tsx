import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { FollowingPanel, WhoToFollow } from '../member/SidePanels.tsx'
import { useNotificationStream } from '../notification/useNotificationStream.ts'
import { openComposer } from '../post/draft.ts'
import { SearchBox } from '../search/SearchBox.tsx'
import { useIsWide } from '../ui/useIsWide.ts'
import { Account } from './Account.tsx'
import { BottomBar, Navigation } from './Navigation.tsx'
import { TopBar } from './TopBar.tsx'

/** The frame around every page of a signed-in member: three columns, or a top bar, a bottom bar and a drawer. */
export function Shell({ children }: { children: ReactNode }) {
  const { skipToContent } = useDictionary()
  const isWide = useIsWide()
  useNotificationStream()
  return (
    <>
      <a href="#main" className="skip-link">
        {skipToContent}
      </a>
      {!isWide && (
        <TopBar brand={<Brand />}>
          {(closeDrawer) => (
            <>
              <Navigation />
              <WriteButton onWrite={closeDrawer} />
              <Account />
              <FollowingPanel />
              <WhoToFollow />
            </>
          )}
        </TopBar>
      )}
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
        if (!openComposer.request()) void navigate({ to: '/' })
      }}
    >
      {post.compose}
    </button>
  )
}
