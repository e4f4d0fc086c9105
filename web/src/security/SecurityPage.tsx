import { HiddenMembers } from '../hiding/HiddenMembers.tsx'
import { useDictionary } from '../language/language.ts'
import { PageHeading } from '../layout/PageHeading.tsx'
import { SignInMethods } from '../provider/SignInMethods.tsx'
import { PasswordForm } from '../session/PasswordForm.tsx'
import { AuditList } from './AuditList.tsx'
import { SessionList } from './SessionList.tsx'
import { WithdrawalForm } from './WithdrawalForm.tsx'
import './security.css'

/** Who is in one's account, what happened to it, and the way out for good. */
export function SecurityPage() {
  const { nav } = useDictionary()
  return (
    <>
      <PageHeading title={nav.security} />
      <SessionList />
      <SignInMethods />
      <PasswordForm />
      <HiddenMembers hiding="block" />
      <HiddenMembers hiding="mute" />
      <AuditList />
      <WithdrawalForm />
    </>
  )
}
