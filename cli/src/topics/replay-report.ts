export interface ReplayReport {
  /** The result for each service or, in a dry run, the expected one. */
  services: Record<
    string,
    { records: number; changed: number; deadLettered: number } | { error: string }
  >
}
