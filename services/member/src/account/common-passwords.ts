let known: Promise<ReadonlySet<string>> | undefined

/**
 * Whether a guesser would try it early: one of the 49,000 most used passwords of zxcvbn's list, which comes with the
 * package, so that nothing is asked of anybody. Loaded with the first password that is chosen: 20 MB that a service
 * which only reads profiles never needs.
 */
export async function isCommonPassword(normalised: string): Promise<boolean> {
  known ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) =>
      new Set((dictionary['passwords-common'] as string[]).map((one) => one.toLowerCase())),
  )
  return (await known).has(normalised.toLowerCase())
}
