import type { ReactNode } from 'react'
import { preventSubmitWhileComposing } from './typing.ts'
import type { Submission } from './useSubmit.ts'

interface FormProps {
  submission: Submission
  /** An error of the whole form. */
  message?: string | undefined
  children: ReactNode
  submitLabel: string
  pendingLabel: string
}

/** Fields, the form's error message and its submit button. */
export function Form({ submission, message, children, submitLabel, pendingLabel }: FormProps) {
  return (
    <form
      className="form"
      noValidate
      onKeyDown={preventSubmitWhileComposing}
      onSubmit={(event) => {
        event.preventDefault()
        submission.submit()
      }}
    >
      {children}
      <p role="alert" className="field-error">
        {message}
      </p>
      <button type="submit" className="button" disabled={submission.isPending}>
        {submission.isPending ? pendingLabel : submitLabel}
      </button>
    </form>
  )
}
