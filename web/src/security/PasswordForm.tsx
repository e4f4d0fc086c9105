import { useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { dataOf } from '../server/send.ts'
import { callForResponse } from '../session/call.ts'
import { acceptTokenOrThrow } from '../session/token.ts'
import { announce } from '../ui/announce.ts'
import { TextField } from '../ui/Field.tsx'
import { Form } from '../ui/Form.tsx'
import { formErrorsOf } from '../ui/formErrors.ts'
import { useFormFields } from '../ui/useFormFields.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { SIGN_IN_METHODS, useHasPassword } from './signInMethods.ts'

async function changePassword(body: object): Promise<void> {
  const response = await callForResponse({ method: 'PUT', path: '/api/members/password', body })
  await dataOf(response)
  // The server has ended all sessions; this one continues with the token in the response.
  acceptTokenOrThrow(response)
}

/** Changes the password, or sets one for an account that has none. */
export function PasswordForm() {
  const dictionary = useDictionary()
  const { profile: t, session, action } = dictionary
  const titleId = useId()
  const client = useQueryClient()
  const hasPassword = useHasPassword()
  const { values, field, reset } = useFormFields(() => ({ currentPassword: '', newPassword: '' }))
  const change = useSubmit({
    mutationFn: () => changePassword(hasPassword ? values : { newPassword: values.newPassword }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: SIGN_IN_METHODS })
      reset()
      announce(t.passwordSaved)
    },
  })
  const { fields, message } = formErrorsOf(change.error, dictionary, {
    MEMBER_PASSWORD_INVALID: 'currentPassword',
  })
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{t.password}</h2>
      <Form
        submission={change}
        message={message}
        submitLabel={hasPassword ? t.changePassword : t.setPassword}
        pendingLabel={action.saving}
      >
        {hasPassword && (
          <TextField
            label={t.currentPassword}
            type="password"
            autoComplete="current-password"
            required
            {...field('currentPassword', fields)}
          />
        )}
        <TextField
          label={t.newPassword}
          hint={session.passwordHint}
          type="password"
          autoComplete="new-password"
          required
          {...field('newPassword', fields)}
        />
      </Form>
    </section>
  )
}
