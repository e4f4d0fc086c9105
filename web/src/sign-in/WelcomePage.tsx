import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useDictionary, useLanguage } from '../language/language.ts'
import { isFailure } from '../server/failure.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { TextField } from '../ui/Field.tsx'
import { Form } from '../ui/Form.tsx'
import { formErrorsOf } from '../ui/formErrors.ts'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useFormFields } from '../ui/useFormFields.ts'
import { useSubmit } from '../ui/useSubmit.ts'
import { AuthLayout } from './AuthLayout.tsx'
import { MemberNameFields } from './MemberNameFields.tsx'
import {
  fetchVerifiedIdentity,
  linkVerified,
  signUpVerified,
  type VerifiedIdentity,
} from './providers.ts'
import { useEnterApp } from './useEnterApp.ts'

/** After the first sign-in by a provider: creates an account, or links the one with the same e-mail address. */
export function WelcomePage() {
  const { provider: t, session } = useDictionary()
  const {
    data: identity,
    error,
    refetch,
  } = useQuery({
    queryKey: ['verified-identity'],
    queryFn: ({ signal }) => fetchVerifiedIdentity(signal),
    retry: false,
    staleTime: 0,
  })
  return (
    <AuthLayout title={identity?.next === 'LINK' ? t.linkTitle : session.toSignup}>
      {identity !== undefined ? (
        identity.next === 'LINK' ? (
          <LinkForm identity={identity} />
        ) : (
          <SignupForm identity={identity} />
        )
      ) : error === null ? (
        <Skeleton shape="row" />
      ) : isFailure(error, 'PROVIDER_SIGN_IN_EXPIRED') ? (
        <p role="status" className="auth-reason">
          {t.problems.provider_expired}
        </p>
      ) : (
        <ErrorCard error={error} onRetry={() => void refetch()} />
      )}
      <p className="auth-alternative">
        <Link to="/login">{t.otherMethod}</Link>
      </p>
    </AuthLayout>
  )
}

function SignupForm({ identity }: { identity: VerifiedIdentity }) {
  const dictionary = useDictionary()
  const { provider: t, session } = dictionary
  const languageCode = useLanguage()
  const { values, field } = useFormFields(() => ({ memberName: identity.name ?? '', handle: '' }))
  const submission = useSubmit({
    mutationFn: () =>
      signUpVerified({
        memberName: values.memberName.trim(),
        handle: values.handle.trim(),
        languageCode,
      }),
    onSuccess: useEnterApp(),
  })
  const { fields, message } = formErrorsOf(submission.error, dictionary, {
    MEMBER_HANDLE_ALREADY_EXISTS: 'handle',
  })
  return (
    <Form
      submission={submission}
      message={message}
      submitLabel={session.signup}
      pendingLabel={session.signingUp}
    >
      <p className="auth-reason">{t.verifiedAs(identity.email, identity.provider.name)}</p>
      <MemberNameFields memberName={field('memberName', fields)} handle={field('handle', fields)} />
    </Form>
  )
}

function LinkForm({ identity }: { identity: VerifiedIdentity }) {
  const dictionary = useDictionary()
  const { provider: t, session } = dictionary
  const { values, field } = useFormFields(() => ({ password: '' }))
  const submission = useSubmit({
    mutationFn: () => linkVerified(values.password),
    onSuccess: useEnterApp(),
  })
  const { fields, message } = formErrorsOf(submission.error, dictionary)
  const { error = message, ...password } = field('password', fields)
  return (
    <Form submission={submission} submitLabel={t.linkAndLogin} pendingLabel={session.loggingIn}>
      <p className="auth-reason">{t.linkExplanation(identity.email, identity.provider.name)}</p>
      <TextField
        label={session.password}
        type="password"
        autoComplete="current-password"
        required
        error={error}
        {...password}
      />
    </Form>
  )
}
