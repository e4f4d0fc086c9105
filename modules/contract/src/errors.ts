/** Every error that a client can receive: its HTTP status and its message in both languages. */
export const ERRORS = {
  MEMBER_ALREADY_EXISTS: {
    status: 400,
    ko: '이미 가입된 이메일입니다.',
    en: 'An account with this e-mail address already exists.',
  },
  MEMBER_HANDLE_ALREADY_EXISTS: {
    status: 400,
    ko: '이미 사용 중인 핸들입니다.',
    en: 'This handle is already taken.',
  },
  MEMBER_IDS_LIMIT_EXCEEDS: {
    status: 400,
    ko: '한 번에 조회할 수 있는 회원은 1,000명까지입니다.',
    en: 'At most 1,000 members can be requested at once.',
  },
  MEMBER_UNAUTHORIZED: {
    status: 401,
    ko: '로그인이 만료되었습니다. 다시 로그인해 주세요.',
    en: 'Your session has ended. Please log in again.',
  },
  MEMBER_FORBIDDEN: {
    status: 403,
    ko: '이 작업을 할 권한이 없습니다.',
    en: 'You are not allowed to do this.',
  },
  MEMBER_NOT_FOUND: {
    status: 404,
    ko: '회원을 찾을 수 없습니다.',
    en: 'This member does not exist.',
  },
  LOGIN_FAILED: {
    status: 401,
    ko: '이메일 또는 비밀번호가 올바르지 않습니다.',
    en: 'The e-mail address or the password is incorrect.',
  },
  MEMBER_PASSWORD_INVALID: {
    status: 403,
    ko: '현재 비밀번호가 올바르지 않습니다.',
    en: 'The current password is incorrect.',
  },
  MEMBER_API_CONNECTION_ERROR: {
    status: 503,
    ko: '회원 서비스에 연결할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    en: 'The member service cannot be reached. Please try again in a moment.',
  },
  FOLLOW_RELATIONSHIP_NOT_FOUND: {
    status: 404,
    ko: '팔로우하고 있지 않은 회원입니다.',
    en: 'You do not follow this member.',
  },
  FOLLOW_RELATIONSHIP_ALREADY_EXISTS: {
    status: 409,
    ko: '이미 팔로우하고 있는 회원입니다.',
    en: 'You already follow this member.',
  },
  FOLLOW_LIMIT_EXCEEDS: {
    status: 400,
    ko: '팔로우는 1,000명까지 할 수 있습니다.',
    en: 'A member can follow at most 1,000 others.',
  },
  FOLLOW_SELF_NOT_ALLOWED: {
    status: 400,
    ko: '자기 자신은 팔로우할 수 없습니다.',
    en: 'You cannot follow yourself.',
  },
  BEARER_TOKEN_MISSING: { status: 401, ko: '로그인이 필요합니다.', en: 'Please log in first.' },
  INVALID_TOKEN: {
    status: 401,
    ko: '인증 정보가 올바르지 않습니다. 다시 로그인해 주세요.',
    en: 'This token is not valid. Please log in again.',
  },
  JWT_EXPIRED: {
    status: 401,
    ko: '토큰이 만료되었습니다. 토큰을 갱신해 주세요.',
    en: 'This token has expired. Refresh it and try again.',
  },
  JWT_KEY_EXPIRED: {
    status: 401,
    ko: '토큰의 서명 키가 교체되었습니다. 토큰을 갱신해 주세요.',
    en: 'The signing key of this token has been replaced. Refresh the token and try again.',
  },
  NOT_FOUND: {
    status: 404,
    ko: '요청한 주소를 찾을 수 없습니다.',
    en: 'This address does not exist.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    ko: '이 주소에서 지원하지 않는 요청 방식입니다.',
    en: 'This address does not support that method.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    ko: '요청이 너무 느리게 전송되었습니다. 다시 시도해 주세요.',
    en: 'The request arrived too slowly. Please try again.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    ko: '요청 크기가 너무 큽니다.',
    en: 'The request is too large.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    ko: '지원하지 않는 콘텐츠 형식입니다. application/json 으로 보내 주세요.',
    en: 'This content type is not supported. Please send application/json.',
  },
  CROSS_SITE_REQUEST_REFUSED: {
    status: 403,
    ko: '다른 사이트에서 보낸 요청은 처리하지 않습니다.',
    en: 'Requests from other sites are refused.',
  },
  PROVIDER_NOT_FOUND: {
    status: 404,
    ko: '지원하지 않는 로그인 방법입니다.',
    en: 'This sign-in method does not exist.',
  },
  PROVIDER_ALREADY_LINKED: {
    status: 409,
    ko: '이미 연결된 로그인 방법입니다.',
    en: 'This sign-in method is already linked.',
  },
  PROVIDER_NOT_LINKED: {
    status: 404,
    ko: '연결되어 있지 않은 로그인 방법입니다.',
    en: 'This sign-in method is not linked.',
  },
  PROVIDER_SIGN_IN_EXPIRED: {
    status: 400,
    ko: '로그인 시간이 만료되었습니다. 처음부터 다시 로그인해 주세요.',
    en: 'The sign-in has expired. Please start again.',
  },
  PROVIDER_UNAVAILABLE: {
    status: 503,
    ko: '로그인 서비스에 연결할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    en: 'The sign-in service cannot be reached. Please try again in a moment.',
  },
  LAST_SIGN_IN_METHOD: {
    status: 409,
    ko: '마지막 로그인 방법은 해제할 수 없습니다. 먼저 비밀번호를 설정해 주세요.',
    en: 'The last sign-in method cannot be removed. Please set a password first.',
  },
  RECENT_SIGN_IN_NEEDED: {
    status: 403,
    ko: '안전을 위해 다시 로그인한 뒤 시도해 주세요.',
    en: 'For your security, please sign in again and then retry.',
  },
  SESSION_NOT_FOUND: {
    status: 404,
    ko: '세션을 찾을 수 없습니다.',
    en: 'This session does not exist.',
  },
  DEAD_LETTER_NOT_FOUND: {
    status: 404,
    ko: '데드레터를 찾을 수 없습니다.',
    en: 'This dead letter does not exist.',
  },
  IDEMPOTENCY_KEY_IN_PROGRESS: {
    status: 409,
    ko: '같은 요청을 아직 처리하고 있습니다. 잠시 후 다시 시도해 주세요.',
    en: 'The same request is still being processed. Please try again in a moment.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    ko: '이 멱등 키는 이미 다른 요청에 사용되었습니다.',
    en: 'This idempotency key has already been used for another request.',
  },
  INTERNAL_ERROR: {
    status: 500,
    ko: '문제가 발생했습니다. 잠시 후 다시 시도해 주세요.',
    en: 'Something went wrong. Please try again in a moment.',
  },
  POST_NOT_FOUND: { status: 404, ko: '글을 찾을 수 없습니다.', en: 'This post does not exist.' },
  POST_UPDATE_FORBIDDEN: {
    status: 403,
    ko: '내가 쓴 글만 수정할 수 있습니다.',
    en: 'Only the author can edit this post.',
  },
  POST_DELETE_FORBIDDEN: {
    status: 403,
    ko: '내가 쓴 글만 삭제할 수 있습니다.',
    en: 'Only the author can delete this post.',
  },
  POST_LIKE_ALREADY_EXISTS: {
    status: 400,
    ko: '이미 좋아요를 누른 글입니다.',
    en: 'You have already liked this post.',
  },
  POST_LIKE_CANCEL_ALREADY_COMMITTED: {
    status: 400,
    ko: '좋아요를 누르지 않은 글입니다.',
    en: 'You have not liked this post.',
  },
  POST_ALREADY_DELETED: {
    status: 410,
    ko: '이미 삭제된 글입니다.',
    en: 'This post has been deleted.',
  },
  COMMENT_NOT_FOUND: {
    status: 404,
    ko: '댓글을 찾을 수 없습니다.',
    en: 'This comment does not exist.',
  },
  PARENT_COMMENT_NOT_FOUND: {
    status: 404,
    ko: '답글을 달 댓글을 찾을 수 없습니다.',
    en: 'The comment that you reply to does not exist.',
  },
  PARENT_COMMENT_POST_ID_NOT_EQUALS: {
    status: 400,
    ko: '답글은 원래 댓글과 같은 글에만 달 수 있습니다.',
    en: 'The comment that you reply to belongs to another post.',
  },
  COMMENT_LIKE_ALREADY_EXISTS: {
    status: 400,
    ko: '이미 좋아요를 누른 댓글입니다.',
    en: 'You have already liked this comment.',
  },
  COMMENT_LIKE_CANCEL_ALREADY_COMMITTED: {
    status: 400,
    ko: '좋아요를 누르지 않은 댓글입니다.',
    en: 'You have not liked this comment.',
  },
  COMMENT_DEPTH_LIMIT_EXCEEDS: {
    status: 400,
    ko: '답글은 세 단계까지만 달 수 있습니다.',
    en: 'Replies can be nested at most three levels deep.',
  },
  COMMENT_MODIFICATION_PERMISSION_DENIED: {
    status: 403,
    ko: '내가 쓴 댓글만 수정할 수 있습니다.',
    en: 'Only the author can edit this comment.',
  },
  COMMENT_DELETION_PERMISSION_DENIED: {
    status: 403,
    ko: '내가 쓴 댓글만 삭제할 수 있습니다.',
    en: 'Only the author can delete this comment.',
  },
  CORRUPTED_IMAGE: {
    status: 400,
    ko: '읽을 수 없는 이미지입니다.',
    en: 'This image cannot be read.',
  },
  EMPTY_IMAGE_FILE: {
    status: 400,
    ko: '이미지 파일이 비어 있습니다.',
    en: 'The image file is empty.',
  },
  FILE_TOO_SMALL: {
    status: 400,
    ko: '파일이 너무 작아 이미지로 볼 수 없습니다.',
    en: 'This file is too small to be an image.',
  },
  INVALID_IMAGE_SIGNATURE: {
    status: 400,
    ko: 'JPEG, PNG, GIF, BMP, WebP 이미지만 올릴 수 있습니다.',
    en: 'Only JPEG, PNG, GIF, BMP and WebP images are accepted.',
  },
  IMAGE_NOT_FOUND: {
    status: 404,
    ko: '이미지를 찾을 수 없습니다.',
    en: 'This image does not exist.',
  },
  IMAGE_PROCESSING_FAIL: {
    status: 500,
    ko: '이미지를 처리하지 못했습니다. 잠시 후 다시 시도해 주세요.',
    en: 'The image could not be processed. Please try again in a moment.',
  },
  KAFKA_NETWORK_ERROR: {
    status: 503,
    ko: '이벤트 브로커에 연결할 수 없습니다.',
    en: 'The event broker cannot be reached.',
  },
  TOO_MANY_REQUEST: {
    status: 429,
    ko: '요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.',
    en: 'Too many requests. Please try again in a moment.',
  },
  VALIDATION_FAILED: {
    status: 400,
    ko: '입력한 내용을 확인해 주세요.',
    en: 'Please check your input.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    ko: '지금은 요청을 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    en: 'The request cannot be processed at the moment. Please try again shortly.',
  },
  WRITES_UNAVAILABLE: {
    status: 503,
    ko: '지금은 저장할 수 없고 읽기만 할 수 있습니다. 몇 분 후 다시 시도해 주세요.',
    en: 'Nothing can be saved at the moment, but reading works. Please try again in a few minutes.',
  },
} as const satisfies Record<string, { status: number; ko: string; en: string }>

export type ErrorCode = keyof typeof ERRORS
export type Language = 'ko' | 'en'

/** The action that a client must take after a 401, announced in a header of the response. */
export type TokenAdvice = 'REFRESH' | 'RELOGIN'

interface DailyfeedErrorOptions extends ErrorOptions {
  /** Only with status 401. */
  advice?: TokenAdvice
  /** Sent as Retry-After. */
  retryAfterSeconds?: number
}

export class DailyfeedError extends Error {
  override name = 'DailyfeedError'
  readonly code: ErrorCode
  readonly advice: TokenAdvice | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, options: DailyfeedErrorOptions = {}) {
    super(ERRORS[code].en, options)
    this.code = code
    this.advice = options.advice
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export interface FieldProblem {
  field: string
  ko: string
  en: string
}

/** A 400 VALIDATION_FAILED by a rule that a schema cannot express. */
export class ValidationError extends Error {
  override name = 'ValidationError'
  readonly problems: FieldProblem[]

  constructor(problems: FieldProblem[]) {
    super(problems.map(({ en }) => en).join(', '))
    this.problems = problems
  }
}
