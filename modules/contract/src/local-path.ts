/** Where to go on to after a sign-in: a link to it must not lead on to another site. The feed, `/`, for anything but a path of this one. */
export const localPathOf = (returnTo: string | undefined): string =>
  returnTo !== undefined && /^\/(?![/\\])[^\r\n]*$/.test(returnTo) ? returnTo : '/'
