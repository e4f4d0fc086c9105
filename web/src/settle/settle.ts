/**
 * Likes and follows are shown at once and settled afterwards: however fast a person taps, the requests of one thing go
 * one after the other, and only as many as are needed to reach what was last wanted.
 */
interface Settling {
  wanted: boolean
  /** What the server holds, as far as is known. */
  held: boolean
}

const settlings = new Map<string, Settling>()

interface SettleOptions {
  /** Names the thing, as `post-like/7`. */
  key: string
  wanted: boolean
  /** Brings the server there; throws when it does not get there. */
  send: (on: boolean) => Promise<unknown>
  /** Shows a state on the page. */
  show: (on: boolean) => void
  onFailure: (error: unknown, on: boolean) => void
}

export async function settle({ key, wanted, send, show, onFailure }: SettleOptions): Promise<void> {
  show(wanted)
  const running = settlings.get(key)
  if (running !== undefined) {
    running.wanted = wanted
    return
  }
  const settling: Settling = { wanted, held: !wanted }
  settlings.set(key, settling)
  try {
    while (settling.wanted !== settling.held) {
      const goal = settling.wanted
      try {
        await send(goal)
        settling.held = goal
      } catch (error) {
        // Whatever was wanted meanwhile, the page goes back to what the server holds.
        if (settling.wanted !== settling.held) show(settling.held)
        onFailure(error, goal)
        return
      }
    }
  } finally {
    settlings.delete(key)
  }
}
