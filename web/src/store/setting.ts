/** A setting of this browser; undefined when it was never stored or storage is disabled. */
export function readSetting(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

/** Stores a setting; `undefined` removes it. With storage disabled, a choice lasts until the page is closed. */
export function writeSetting(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // The caller has applied the choice already.
  }
}
