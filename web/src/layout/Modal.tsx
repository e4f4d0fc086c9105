import { type ReactNode, useEffect, useId, useRef } from 'react'
import { focusMain } from './focus.ts'

interface ModalProps {
  title: string
  className?: string
  /** Asked for by Escape and by a press outside. */
  onClose: () => void
  children: ReactNode
}

/** A native modal dialog: the browser holds focus inside, closes on Escape, and gives focus back. */
export function Modal({ title, className = 'modal', onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    const opener = document.activeElement
    element?.showModal()
    return () => {
      element?.close()
      // React takes the dialog out of the page, so the browser cannot give focus back by itself.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true })
      // What was deleted took its button along: then focus stays in the page's content.
      setTimeout(() => {
        if (document.activeElement === document.body) focusMain()
      }, 50)
    }
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the keyboard's way out; the click is on the backdrop
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
