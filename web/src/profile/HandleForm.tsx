import type { MemberProfile } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../ui/announce.ts'
import { TextField } from '../ui/Field.tsx'
import { Form } from '../ui/Form.tsx'
import { formErrorsOf } from '../ui/formErrors.ts'
import { useFormFields } from '../ui/useFormFields.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { changeHandle } from './updateProfile.ts'

export function HandleForm({ profile }: { profile: MemberProfile }) {
  const dictionary = useDictionary()
  const { profile: t, session, action } = dictionary
  const client = useQueryClient()
  const titleId = useId()
  const form = useFormFields(() => ({ newHandle: '' }))
  const change = useSubmit({
    mutationFn: () => changeHandle(client, form.values.newHandle.trim()),
    onSuccess: () => {
      form.reset()
      announce(t.handleSaved)
    },
  })
  const { fields, message } = formErrorsOf(change.error, dictionary)
  const { error = message, ...newHandle } = form.field('newHandle', fields)
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{session.handle}</h2>
      <p className="field-hint">{t.currentHandle(profile.handle)}</p>
      <Form submission={change} submitLabel={t.changeHandle} pendingLabel={action.saving}>
        <TextField
          label={t.newHandle}
          hint={session.handleHint}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={error}
          {...newHandle}
        />
      </Form>
    </section>
  )
}
