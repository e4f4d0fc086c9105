import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { TextField } from '../ui/Field.tsx'
import { Form } from '../ui/Form.tsx'
import { formErrorsOf } from '../ui/formErrors.ts'
import { useFormFields } from '../ui/useFormFields.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { AuthLayout } from './AuthLayout.tsx'
import { ProviderButtons } from './ProviderButtons.tsx'
import { login } from './signIn.ts'
import { useEnterApp } from './useEnterApp.ts'

const route = getRouteApi('/login')

export function LoginPage(): ReactNode {
  const dictionary = useDictionary()
  const { session } = dictionary
  const { reason, returnTo, problem } = route.useSearch()
  const { values, field } = useFormFields(() => ({ email: '', password: '' }))
  const submission = useSubmit({
    mutationFn: () => login(values.email.trim(), values.password),
    onSuccess: useEnterApp(returnTo),
  })
  const { fields, message } = formErrorsOf(submission.error, dictionary)
  return (
    <AuthLayout title={session.login}>
      {reason !== undefined && !submission.isError && (
        <p role="status" className="auth-reason">
          {session[reason]}
        </p>
      )}
      {problem !== undefined && !submission.isError && (
        <p role="alert" className="auth-reason">
          {dictionary.provider.problems[problem]}
        </p>
      )}
      <Form
        submission={submission}
        message={message}
        submitLabel={session.login}
        pendingLabel={session.loggingIn}
      >
        <TextField
          label={session.email}
          type="email"
          autoComplete="username"
          required
          {...field('email', fields)}
        />
        <TextField
          label={session.password}
          type="password"
          autoComplete="current-password"
          required
          {...field('password', fields)}
        />
      </Form>
      <ProviderButtons returnTo={returnTo} />
      <p className="auth-alternative">
        {session.noAccount}{' '}
        <Link to="/signup" search={returnTo === undefined ? {} : { returnTo }}>
          {session.toSignup}
        </Link>
      </p>
    </AuthLayout>
  )
}
