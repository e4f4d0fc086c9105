let passwords: Promise<ReadonlySet<string>> | undefined

/**
 * Whether it is one of the 49,000 most used passwords in the list of zxcvbn, which is part of the
 * package: no request leaves this machine. The list takes 20 MB and is loaded when the first password
 * is chosen, since a service that only serves profiles never needs it.
 */
export async function isCommonPassword(normalised: string): Promise<boolean> {
  passwords ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) =>
      new Set((dictionary['passwords-common'] as string[]).map((one) => one.toLowerCase())),
  )
  return (await passwords).has(normalised.toLowerCase())
}
