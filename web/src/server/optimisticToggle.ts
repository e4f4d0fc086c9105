interface ToggleState {
  desired: boolean
  /** The state that the server has confirmed, or had before the first request. */
  confirmed: boolean
}

interface ToggleOptions {
  /** Names the toggle, as `post-like/7`. */
  key: string
  desired: boolean
  /** Requests the state from the server; throws when the server does not take it. */
  send: (on: boolean) => Promise<unknown>
  /** Shows the state on the page. */
  show: (on: boolean) => void
  onFailure: (error: unknown, on: boolean) => void
}

/**
 * For likes and follows: shows the desired state at once and sends it afterwards. The requests of one key run one after
 * the other, and only as many as the last desired state needs, however fast somebody taps.
 */
export function createOptimisticToggle() {
  const pending = new Map<string, ToggleState>()

  return async ({ key, desired, send, show, onFailure }: ToggleOptions): Promise<void> => {
    show(desired)
    const running = pending.get(key)
    if (running !== undefined) {
      running.desired = desired
      return
    }
    const state: ToggleState = { desired, confirmed: !desired }
    pending.set(key, state)
    try {
      while (state.desired !== state.confirmed) {
        const requested = state.desired
        try {
          await send(requested)
          state.confirmed = requested
        } catch (error) {
          // The page returns to the confirmed state, whatever was desired in the meantime.
          if (state.desired !== state.confirmed) show(state.confirmed)
          onFailure(error, requested)
          return
        }
      }
    } finally {
      pending.delete(key)
    }
  }
}

export const optimisticToggle = createOptimisticToggle()
