import { BlockedMembers } from '../blocking/BlockedMembers.tsx'
import { useDictionary } from '../language/language.ts'
import { PageHeading } from '../ui/PageHeading.tsx'
import { AuditList } from './AuditList.tsx'
import { PasswordForm } from './PasswordForm.tsx'
import { SessionList } from './SessionList.tsx'
import { SignInMethods } from './SignInMethods.tsx'
import { WithdrawalForm } from './WithdrawalForm.tsx'
import './security.css'

/** Sessions, sign-in methods, blocked and muted members, the audit log and withdrawal. */
export function SecurityPage() {
  const { nav } = useDictionary()
  return (
    <>
      <PageHeading title={nav.security} />
      <SessionList />
      <SignInMethods />
      <PasswordForm />
      <BlockedMembers kind="block" />
      <BlockedMembers kind="mute" />
      <AuditList />
      <WithdrawalForm />
    </>
  )
}
