/**
 * How long an unused connection is kept, whatever the server allows. A service that ends closes its
 * unused connections after SHUTDOWN_DELAY_SECONDS (5 in Kubernetes), and a request that is just being
 * sent on one of them would be lost; by then callers have closed them.
 */
export const MAX_IDLE_MILLISECONDS = 4_000
