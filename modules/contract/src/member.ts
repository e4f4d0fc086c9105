import Type, { type Static } from 'typebox'
import { blankable, Id, Instant, nullable } from './field.ts'
import { MAX_BIO_LENGTH } from './limits.ts'
import { scrollOf } from './page.ts'

export const Gender = Type.Enum(['MALE', 'FEMALE', 'OTHER', 'PREFER_NOT_TO_SAY'])
export const PRIVACY_LEVELS = ['PUBLIC', 'FRIENDS_ONLY', 'PRIVATE'] as const
export type PrivacyLevel = (typeof PRIVACY_LEVELS)[number]
export const PrivacyLevel = Type.Enum([...PRIVACY_LEVELS])

const Email = Type.String({ format: 'email', maxLength: 100 })
/**
 * A longer password is refused before it is hashed; NIST SP 800-63B requires that at least 64
 * characters are accepted.
 */
const NewPassword = Type.String({ minLength: 8, maxLength: 128 })
/** A login only compares passwords, so that the rules for new ones can change without locking out members. */
const GivenPassword = Type.String({ minLength: 1, maxLength: 1_000 })
const MemberName = Type.String({ minLength: 2, maxLength: 30 })
const Handle = Type.String({ minLength: 3, maxLength: 50, pattern: '^[A-Za-z0-9_]+$' })
const BirthDate = Type.String({ format: 'date', maxLength: 10 })
const CountryCode = Type.String({ pattern: '^[A-Z]{2}$', maxLength: 2 })
const AvatarUrl = Type.String({ maxLength: 500 })

export const SignupRequest = Type.Object({
  email: Email,
  password: NewPassword,
  memberName: MemberName,
  handle: Handle,
  displayName: blankable(Type.String({ maxLength: 50 })),
  bio: blankable(Type.String({ maxLength: 500 })),
  location: blankable(Type.String({ maxLength: 100 })),
  websiteUrl: blankable(Type.String({ format: 'http-url', maxLength: 200 })),
  birthDate: blankable(BirthDate),
  gender: blankable(Gender),
  timezone: blankable(Type.String({ maxLength: 50 })),
  languageCode: blankable(Type.String({ minLength: 2, maxLength: 5 })),
  countryCode: blankable(CountryCode),
  privacyLevel: blankable(PrivacyLevel),
  avatarUrl: blankable(AvatarUrl),
})
export type SignupRequest = Static<typeof SignupRequest>

export const LoginRequest = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 100 }),
  password: GivenPassword,
})
export type LoginRequest = Static<typeof LoginRequest>

/** Optional only for accounts without a password, after a recent provider sign-in. */
const ProofByPassword = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 1_000,
    description: 'Optional only for accounts without a password, after a recent provider sign-in.',
  }),
)

export const DeactivateRequest = Type.Object({ password: ProofByPassword })
export const PasswordChange = Type.Object({
  currentPassword: ProofByPassword,
  newPassword: NewPassword,
})
export type PasswordChange = Static<typeof PasswordChange>

/** An absent field stays unchanged; `''` or null clears it. */
export const UpdateRequest = Type.Object({
  memberName: Type.Optional(MemberName),
  displayName: blankable(Type.String({ maxLength: 100 })),
  bio: blankable(Type.String({ maxLength: MAX_BIO_LENGTH })),
  location: blankable(Type.String({ maxLength: 100 })),
  websiteUrl: blankable(Type.String({ format: 'http-url', maxLength: 500 })),
  birthDate: blankable(BirthDate),
  gender: blankable(Gender),
  timezone: blankable(Type.String({ maxLength: 50 })),
  languageCode: blankable(Type.String({ minLength: 2, maxLength: 10 })),
  countryCode: blankable(CountryCode),
  privacyLevel: blankable(PrivacyLevel),
  avatarUrl: blankable(AvatarUrl),
  previousAvatarUrl: Type.Optional(
    nullable(Type.Array(Type.String({ maxLength: 500 }), { maxItems: 20 })),
  ),
})
export type UpdateRequest = Static<typeof UpdateRequest>

export const HandleChange = Type.Object({ newHandle: Handle })
export const MemberIds = Type.Object({ ids: Type.Array(Id, { maxItems: 10_000 }) })

export const ProviderPath = Type.Object({ provider: Type.String({ maxLength: 30 }) })
export const SignInProvider = Type.Object({ id: Type.String(), name: Type.String() })
export type SignInProvider = Static<typeof SignInProvider>
export const ProviderSignupRequest = Type.Object({
  memberName: MemberName,
  handle: Handle,
  languageCode: blankable(Type.String({ minLength: 2, maxLength: 5 })),
})
export type ProviderSignupRequest = Static<typeof ProviderSignupRequest>
/** Proof that a request comes from the owner of the account. */
export const OwnerProof = Type.Object({ password: ProofByPassword })
export const ProviderLinkRequest = Type.Object({ password: GivenPassword })
/** The address that the browser must open next. */
export const ProviderRedirect = Type.Object({ url: Type.String() })
/** An identity that a provider has verified and that has no account yet: the person signs up, or links it. */
export const VerifiedSignIn = Type.Object({
  next: Type.Enum(['SIGN_UP', 'LINK']),
  provider: SignInProvider,
  email: Type.String(),
  name: nullable(Type.String()),
})
export type VerifiedSignIn = Static<typeof VerifiedSignIn>
export const SignInMethods = Type.Object({
  password: Type.Boolean(),
  providers: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      linked: nullable(Type.Object({ email: nullable(Type.String()), linkedAt: Instant })),
    }),
  ),
})
export type SignInMethods = Static<typeof SignInMethods>

export const NamedMember = Type.Object({ id: Type.Integer(), name: Type.String() })

export const MemberSummary = Type.Object({
  memberId: Type.Integer(),
  /** The profile's id. */
  id: Type.Integer(),
  memberName: Type.String(),
  memberHandle: Type.String(),
  handle: Type.String(),
  displayName: Type.String(),
  bio: nullable(Type.String()),
  verificationStatus: Type.String(),
  avatarUrl: nullable(Type.String()),
  updatedAt: Instant,
})
export type MemberSummary = Static<typeof MemberSummary>

export const MemberProfile = Type.Object({
  memberId: Type.Integer(),
  id: Type.Integer(),
  memberName: Type.String(),
  memberHandle: Type.String(),
  handle: Type.String(),
  displayName: Type.String(),
  /** Present only on the caller's own profile. */
  email: Type.Optional(Type.String()),
  bio: nullable(Type.String()),
  location: nullable(Type.String()),
  websiteUrl: nullable(Type.String()),
  birthDate: nullable(Type.String()),
  gender: nullable(Type.String()),
  timezone: nullable(Type.String()),
  languageCode: nullable(Type.String()),
  countryCode: nullable(Type.String()),
  verificationStatus: Type.String(),
  privacyLevel: Type.String(),
  profileCompletionScore: Type.Integer(),
  isActive: Type.Boolean(),
  avatarUrl: nullable(Type.String()),
  coverUrl: nullable(Type.String()),
  createdAt: Instant,
  updatedAt: Instant,
  followersCount: Type.Integer(),
  followingsCount: Type.Integer(),
  followingCount: Type.Integer(),
})
export type MemberProfile = Static<typeof MemberProfile>

export const FollowersFollowings = Type.Object({
  followers: scrollOf(MemberSummary),
  followings: scrollOf(MemberSummary),
})

export const RefreshedToken = Type.Object({
  accessToken: Type.String(),
  expiresIn: Type.Integer({ description: 'seconds' }),
})

export const Session = Type.Object({
  /** The token's `sid`. */
  id: Type.String(),
  createdAt: Instant,
  lastUsedAt: Instant,
  userAgent: nullable(Type.String()),
  /** IP address of the client that started it. */
  address: nullable(Type.String()),
  current: Type.Boolean(),
})
export type Session = Static<typeof Session>

export const AUDIT_TYPES = [
  'SIGNED_UP',
  'LOGGED_IN',
  'LOGIN_FAILED',
  'LOGGED_OUT',
  'LOGGED_OUT_EVERYWHERE',
  'SESSION_ENDED',
  'REFRESH_TOKEN_REUSED',
  'PASSWORD_CHANGED',
  'PASSWORD_REFUSED',
  'PROVIDER_LINKED',
  'PROVIDER_UNLINKED',
  'HANDLE_CHANGED',
  'WITHDRAWN',
  'RESTORED',
  'ADMIN_GRANTED',
  'ADMIN_REVOKED',
  'ADMIN_ACTED',
] as const
export type AuditType = (typeof AUDIT_TYPES)[number]

/** One security-relevant action on an account. */
export const AuditEntry = Type.Object({
  id: Type.Integer(),
  type: Type.Enum([...AUDIT_TYPES]),
  /** Method and path of an administrator's action; null for other types. */
  act: nullable(Type.String()),
  occurredAt: Instant,
  address: nullable(Type.String()),
  userAgent: nullable(Type.String()),
})
export type AuditEntry = Static<typeof AuditEntry>
