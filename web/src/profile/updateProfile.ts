import type { MemberProfile, UpdateRequest } from '@dailyfeed/contract/member'
import type { QueryClient } from '@tanstack/react-query'
import { call } from '../session/call.ts'
import { ME, meIn } from '../session/me.ts'

export async function updateProfile(client: QueryClient, request: UpdateRequest): Promise<void> {
  const profile = await call<MemberProfile>('PUT', '/api/members/profile', { body: request })
  client.setQueryData<MemberProfile>(ME, (me) => ({ ...me, ...profile }))
  invalidateAuthoredContent(client)
}

/** Uploads the picture, then puts it into the profile; the server may delete the previous one. */
export async function changePicture(client: QueryClient, file: File): Promise<void> {
  const form = new FormData()
  form.set('image', file)
  const imageId = await call<string>('POST', '/api/images/upload/profile', { body: form })
  await updateProfile(client, {
    avatarUrl: `/api/images/view/${imageId}`,
    previousAvatarUrl: previousPicture(client),
  })
}

export const removePicture = (client: QueryClient): Promise<void> =>
  updateProfile(client, { avatarUrl: '', previousAvatarUrl: previousPicture(client) })

export async function changeHandle(client: QueryClient, newHandle: string): Promise<void> {
  const handle = await call<string>('PUT', '/api/members/profile/handle', { body: { newHandle } })
  client.setQueryData<MemberProfile>(ME, (me) => me && { ...me, handle, memberHandle: handle })
  invalidateAuthoredContent(client)
}

function previousPicture(client: QueryClient): string[] {
  const url = meIn(client)?.avatarUrl ?? ''
  return url === '' ? [] : [url]
}

/**
 * A member's posts, comments and connections show the member's name, handle and picture. Lists on the page are reloaded
 * now, other cached lists on their next visit.
 */
function invalidateAuthoredContent(client: QueryClient): void {
  for (const key of ['posts', 'comments', 'profile', 'connections'])
    void client.invalidateQueries({ queryKey: [key] })
}
