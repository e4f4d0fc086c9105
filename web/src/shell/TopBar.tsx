import { Link, useLocation } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { Modal } from '../ui/Modal.tsx'

interface TopBarProps {
  brand: ReactNode
  /** The content of the drawer. */
  children: (closeDrawer: () => void) => ReactNode
}

/** The bar of narrow windows: the drawer's button, the brand and a link to search. */
export function TopBar({ brand, children }: TopBarProps) {
  const { nav } = useDictionary()
  const [isOpen, setOpen] = useState(false)
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes whenever the page changes
  useEffect(() => setOpen(false), [pathname])
  const close = () => setOpen(false)
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
      {brand}
      <Link to="/search" search={{}} className="icon-button" aria-label={nav.search}>
        <Icon name="search" />
      </Link>
      {isOpen && (
        <Modal title={nav.menu} className="modal drawer" onClose={close}>
          <button
            type="button"
            className="icon-button drawer-close"
            aria-label={nav.closeMenu}
            onClick={close}
          >
            <Icon name="close" />
          </button>
          {/* Closes the drawer also after a link to the current page. */}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: the links inside act */}
          <div
            onClick={(event) =>
              event.target instanceof Element && event.target.closest('a') !== null && close()
            }
          >
            {children(close)}
          </div>
        </Modal>
      )}
    </header>
  )
}
