import type { MemberProfile } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { messageFor } from '../server/failure.ts'
import { announce } from '../ui/announce.ts'
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx'
import { useSubmit } from '../ui/useSubmit.ts'
import { setBlocked, useIsMuted } from './blocking.ts'

type Member = Pick<MemberProfile, 'memberId' | 'memberName'>

/** Mutes or blocks a member from their page. */
export function BlockingButtons({ member }: { member: Member }) {
  const dictionary = useDictionary()
  const { blocking: t } = dictionary
  const client = useQueryClient()
  const isMuted = useIsMuted(member.memberId)
  const [isDialogOpen, setDialogOpen] = useState(false)
  const muting = useSubmit({
    mutationFn: () => setBlocked(client, 'mute', member.memberId, isMuted !== true),
    onSuccess: () => announce(isMuted ? t.unmuted(member.memberName) : t.muted(member.memberName)),
  })
  return (
    <>
      <button
        type="button"
        className="button button-quiet"
        // Reserves its space while the state is loading.
        style={isMuted === undefined ? { visibility: 'hidden' } : undefined}
        aria-label={isMuted ? t.unmuteNamed(member.memberName) : t.muteNamed(member.memberName)}
        disabled={muting.isPending}
        onClick={muting.submit}
      >
        {isMuted ? t.unmute : t.mute}
      </button>
      <button
        type="button"
        className="button button-quiet"
        aria-label={t.blockNamed(member.memberName)}
        onClick={() => setDialogOpen(true)}
      >
        {t.block}
      </button>
      {muting.isError && (
        <p role="alert" className="field-error">
          {messageFor(muting.error, dictionary)}
        </p>
      )}
      {isDialogOpen && <BlockDialog member={member} onClose={() => setDialogOpen(false)} />}
    </>
  )
}

function BlockDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { blocking: t } = useDictionary()
  const client = useQueryClient()
  const router = useRouter()
  return (
    <ConfirmDialog
      question={t.blockQuestion(member.memberName)}
      consequence={t.blockExplanation}
      confirmLabel={t.block}
      onConfirm={async () => {
        await setBlocked(client, 'block', member.memberId, true)
        // The member's page no longer exists for the signed-in member.
        await router.navigate({ to: '/', replace: true })
        announce(t.blocked(member.memberName))
      }}
      onClose={onClose}
    />
  )
}
