import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { SignupRequest } from '@dailyfeed/contract/member'
import { isUniqueViolation } from '@dailyfeed/postgres-support/fault'
import { inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { throwProblems } from '../field-problem.ts'
import { insertMemberEvent } from '../member-row/member-event.ts'
import { avatarUrlProblem, birthDateProblem, timezoneProblem } from '../profile/profile-rules.ts'
import type { Device } from '../session/device.ts'
import { toNewMember } from './account.mapper.ts'
import { insertMember } from './account.queries.ts'
import { passwordProblem } from './account-rules.ts'

/**
 * Checks a sign-up and hashes its password. Returns the function that creates the member: hashing takes long, so that no
 * transaction waits for it. Throws a ValidationError; the function throws MEMBER_ALREADY_EXISTS or
 * MEMBER_HANDLE_ALREADY_EXISTS.
 */
export async function prepareSignUp(
  { passwords }: MemberContext,
  request: SignupRequest,
  device: Device,
): Promise<(context: MemberContext) => Promise<{ id: number; name: string }>> {
  throwProblems(
    await passwordProblem(request.password, request.handle, request.email),
    birthDateProblem(request.birthDate),
    timezoneProblem(request.timezone),
    avatarUrlProblem(request.avatarUrl),
  )
  const passwordHash = await passwords.hash(request.password)
  return async (context) => {
    const id = await createMember(context, request, { passwordHash, device })
    return { id, name: request.memberName }
  }
}

interface Creation {
  /** Null: the member signs in by a provider alone. */
  passwordHash: string | null
  device: Device
  /** Further writes of the same transaction. */
  withinTransaction?: (sql: Queryable, memberId: number) => Promise<void>
}

/** Returns the new id. Throws MEMBER_ALREADY_EXISTS or MEMBER_HANDLE_ALREADY_EXISTS. */
export async function createMember(
  context: MemberContext,
  request: Omit<SignupRequest, 'password'>,
  { passwordHash, device, withinTransaction }: Creation,
): Promise<number> {
  try {
    const id = await inTransaction(context.sql, async (transaction) => {
      const memberId = await insertMember(transaction, toNewMember(request, passwordHash))
      await insertMemberEvent(context, transaction, 'MEMBER_SIGNUP', memberId)
      await insertAudit(transaction, { type: 'SIGNED_UP', memberId, ...device })
      await withinTransaction?.(transaction, memberId)
      return memberId
    })
    context.wakeRelay()
    context.log.info({ security: 'SIGNED_UP', memberId: id }, 'signed up')
    return id
  } catch (error) {
    if (isUniqueViolation(error, 'member_email')) throw new DailyfeedError('MEMBER_ALREADY_EXISTS')
    if (isUniqueViolation(error, 'member_handle'))
      throw new DailyfeedError('MEMBER_HANDLE_ALREADY_EXISTS')
    throw error
  }
}
