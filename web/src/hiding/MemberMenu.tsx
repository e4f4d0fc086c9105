import type { MemberProfile } from '@dailyfeed/contract/member'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { Modal } from '../layout/Modal.tsx'
import { sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { setHidden, useIsMuted } from './hiding.ts'
import './hiding.css'

type Member = Pick<MemberProfile, 'memberId' | 'memberName'>

/** What one can do about a member whom one does not want to read. */
export function MemberMenu({ member }: { member: Member }) {
  const dictionary = useDictionary()
  const { hiding: words } = dictionary
  const client = useQueryClient()
  const isMuted = useIsMuted(member.memberId)
  const [isAsked, setAsked] = useState(false)
  const muting = useSending({
    mutationFn: () => setHidden(client, 'mute', member.memberId, isMuted !== true),
    onSuccess: () =>
      announce(isMuted ? words.unmuted(member.memberName) : words.muted(member.memberName)),
  })
  return (
    <>
      <button
        type="button"
        className="button button-quiet"
        // Keeps its place while it is not known what it would do.
        style={isMuted === undefined ? { visibility: 'hidden' } : undefined}
        aria-label={isMuted ? words.unmuteOf(member.memberName) : words.muteOf(member.memberName)}
        disabled={muting.isPending}
        onClick={() => muting.start()}
      >
        {isMuted ? words.unmute : words.mute}
      </button>
      <button
        type="button"
        className="button button-quiet"
        aria-label={words.blockOf(member.memberName)}
        onClick={() => setAsked(true)}
      >
        {words.block}
      </button>
      {muting.isError && (
        <p role="alert" className="field-error">
          {sentenceOf(muting.error, dictionary)}
        </p>
      )}
      {isAsked && <BlockDialog member={member} onClose={() => setAsked(false)} />}
    </>
  )
}

function BlockDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const dictionary = useDictionary()
  const { hiding: words, act } = dictionary
  const client = useQueryClient()
  const router = useRouter()
  const blocking = useSending({
    async mutationFn() {
      await setHidden(client, 'block', member.memberId, true)
      await router.navigate({ to: '/', replace: true })
    },
    onSuccess: () => announce(words.blocked(member.memberName)),
  })
  return (
    <Modal title={words.blockQuestion(member.memberName)} onClose={onClose}>
      <p>{words.blockMeans}</p>
      <p role="alert" className="field-error">
        {blocking.isError && sentenceOf(blocking.error, dictionary)}
      </p>
      <div className="modal-actions">
        <button type="button" className="button button-quiet" onClick={onClose}>
          {act.cancel}
        </button>
        <button
          type="button"
          className="button button-danger"
          disabled={blocking.isPending}
          onClick={() => blocking.start()}
        >
          {words.block}
        </button>
      </div>
    </Modal>
  )
}
