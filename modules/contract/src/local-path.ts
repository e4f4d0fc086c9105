/**
 * The path that a browser is redirected to after a sign-in. A link to the sign-in must not redirect to another site, so that
 * anything but a local path becomes `/`, the feed.
 */
export const localPathOf = (returnTo: string | undefined): string =>
  returnTo !== undefined && /^\/(?![/\\])[^\r\n]*$/.test(returnTo) ? returnTo : '/'
