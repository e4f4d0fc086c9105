import { type ReactNode, useEffect, useRef } from 'react'
import { useDictionary } from '../language/language.ts'
import { useUnreadCount } from '../notification/notifications.ts'

let isFirstPage = true

/** The page's one h1, its document title, and where focus goes when the page is entered. */
export function PageHeading({
  title,
  hidden = false,
  children,
}: {
  title: string
  hidden?: boolean
  children?: ReactNode
}) {
  const { product } = useDictionary()
  const unread = useUnreadCount()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // On the first page the browser's own start of reading is right.
    if (!isFirstPage) heading.current?.focus({ preventScroll: true })
    isFirstPage = false
  }, [])
  return (
    <div className={hidden ? 'page-heading visually-hidden' : 'page-heading'}>
      <title>{`${unread > 0 ? `(${unread}) ` : ''}${title} · ${product}`}</title>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  )
}
