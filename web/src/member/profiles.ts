import type { MemberProfile, UpdateRequest } from '@dailyfeed/contract/member'
import type { QueryClient } from '@tanstack/react-query'
import { call } from '../server/call.ts'
import { ME, meIn } from '../session/me.ts'

export async function updateProfile(client: QueryClient, request: UpdateRequest): Promise<void> {
  const profile = await call<MemberProfile>('PUT', '/api/members/profile', { body: request })
  client.setQueryData<MemberProfile>(ME, (me) => ({ ...me, ...profile }))
  forgetWrittenName(client)
}

/** Keeps the picture, then names it in the profile, which lets the server throw the former one away. */
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
  forgetWrittenName(client)
}

function previousPicture(client: QueryClient): string[] {
  const url = meIn(client)?.avatarUrl ?? ''
  return url === '' ? [] : [url]
}

/** Name, handle and picture stand on everything one wrote: what is on the page is asked for anew, the rest when it is visited. */
function forgetWrittenName(client: QueryClient): void {
  for (const key of ['posts', 'comments', 'profile', 'connections'])
    void client.invalidateQueries({ queryKey: [key] })
}
