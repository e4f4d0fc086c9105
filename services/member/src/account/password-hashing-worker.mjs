// Plain JavaScript: a thread that has to strip types first takes 60 MB for it.
import { hashSync, verifySync } from '@node-rs/argon2'

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/**
 * Returns a PHC string of the password, or whether the password fits the PHC string `compareWith`.
 *
 * @param {import('./password-hashing.ts').HashingTask} task
 * @returns {string | boolean}
 */
export default ({ password, compareWith }) =>
  compareWith === undefined ? hashSync(password, PARAMETERS) : verifySync(compareWith, password)
