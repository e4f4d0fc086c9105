import { createContext, type ReactNode, useContext, useEffect, useRef } from 'react'
import { useDictionary } from '../language/language.ts'

/** Precedes every document title, as `(3) ` for three unread notifications. */
export const TitlePrefix = createContext('')

/** The heading of the page that the browser loaded. */
let firstHeading: HTMLElement | null = null

interface PageHeadingProps {
  title: string
  hidden?: boolean
  children?: ReactNode
}

/** The page's only h1 and its document title. The h1 takes focus when the page is entered. */
export function PageHeading({ title, hidden = false, children }: PageHeadingProps) {
  const { product } = useDictionary()
  const prefix = useContext(TitlePrefix)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    firstHeading ??= heading.current
    // On the first page, screen readers start where the browser puts them.
    if (heading.current !== firstHeading) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <div className={hidden ? 'page-heading visually-hidden' : 'page-heading'}>
      <title>{`${prefix}${title} · ${product}`}</title>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  )
}
