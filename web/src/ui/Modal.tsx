import { type ReactNode, useEffect, useId, useRef } from 'react'
import { focusMain } from './focus.ts'

/** The browser has moved focus by then, if it moves it at all. */
const FOCUS_CHECK_MS = 50

interface ModalProps {
  title: string
  className?: string
  /** Called on Escape and on a click outside the dialog. */
  onClose: () => void
  children: ReactNode
}

/** A native modal dialog: the browser keeps focus inside it, closes it on Escape, and returns focus. */
export function Modal({ title, className = 'modal', onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    const opener = document.activeElement
    element?.showModal()
    return () => {
      element?.close()
      // React removes the dialog from the page, so the browser cannot return focus by itself.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true })
      // A deletion also removes the button that opened the dialog; focus then goes to the page's content.
      setTimeout(() => {
        if (document.activeElement === document.body) focusMain()
      }, FOCUS_CHECK_MS)
    }
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard closes it by Escape; the click is on the backdrop
    <dialog
      ref={dialog}
      className={className}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div className="modal-body">
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}
