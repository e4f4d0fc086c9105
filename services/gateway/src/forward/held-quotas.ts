import type { Quota, QuotaOutcome } from '@dailyfeed/concurrency/quota'

/** The amounts of quotas that one request holds. */
export class HeldQuotas {
  readonly #held: { quota: Quota; key: string; amount: number }[] = []

  tryTake(quota: Quota, key: string, amount = 1): QuotaOutcome {
    const outcome = quota.tryTake(key, amount)
    if (outcome === 'TAKEN') this.#held.push({ quota, key, amount })
    return outcome
  }

  release(): void {
    for (const { quota, key, amount } of this.#held) quota.release(key, amount)
    this.#held.length = 0
  }
}
