/** Why the gateway refused a request that it would have forwarded; the label of a metric. */
export type Refusal =
  | 'requests'
  | 'bodies'
  | 'body_bytes'
  | 'slow_body'
  | 'uploads'
  | 'streams'
  | 'no_place'

export type CountRefusal = (reason: Refusal) => void
