import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useDictionary, useLanguage } from '../language/language.ts'
import { TextField } from '../ui/Field.tsx'
import { Form } from '../ui/Form.tsx'
import { formErrorsOf } from '../ui/formErrors.ts'
import { useFormFields } from '../ui/useFormFields.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { AuthLayout } from './AuthLayout.tsx'
import { MemberNameFields } from './MemberNameFields.tsx'
import { ProviderButtons } from './ProviderButtons.tsx'
import { signup } from './signIn.ts'
import { useEnterApp } from './useEnterApp.ts'

const route = getRouteApi('/signup')
const EMPTY = { memberName: '', handle: '', email: '', password: '' }

export function SignupPage(): ReactNode {
  const dictionary = useDictionary()
  const { session } = dictionary
  const languageCode = useLanguage()
  const { returnTo } = route.useSearch()
  const form = useFormFields(() => EMPTY)
  const [isPasswordShown, setPasswordShown] = useState(false)
  const submission = useSubmit({
    mutationFn: () => {
      const { memberName, handle, email, password } = form.values
      return signup({
        memberName: memberName.trim(),
        handle: handle.trim(),
        email: email.trim(),
        password,
        languageCode,
      })
    },
    onSuccess: useEnterApp(returnTo),
  })
  const { fields, message } = formErrorsOf(submission.error, dictionary, {
    MEMBER_ALREADY_EXISTS: 'email',
    MEMBER_HANDLE_ALREADY_EXISTS: 'handle',
  })
  return (
    <AuthLayout title={session.toSignup}>
      <Form
        submission={submission}
        message={message}
        submitLabel={session.signup}
        pendingLabel={session.signingUp}
      >
        <MemberNameFields
          memberName={form.field('memberName', fields)}
          handle={form.field('handle', fields)}
        />
        <TextField
          label={session.email}
          type="email"
          autoComplete="username"
          required
          {...form.field('email', fields)}
        />
        <TextField
          label={session.password}
          hint={session.passwordHint}
          type={isPasswordShown ? 'text' : 'password'}
          autoComplete="new-password"
          required
          {...form.field('password', fields)}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={isPasswordShown}
            onChange={({ target }) => setPasswordShown(target.checked)}
          />{' '}
          {session.showPassword}
        </label>
      </Form>
      <ProviderButtons returnTo={returnTo} />
      <p className="auth-alternative">
        {session.haveAccount}{' '}
        <Link to="/login" search={returnTo === undefined ? {} : { returnTo }}>
          {session.login}
        </Link>
      </p>
    </AuthLayout>
  )
}
