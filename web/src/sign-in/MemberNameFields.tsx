import type { ComponentProps } from 'react'
import { useDictionary } from '../language/language.ts'
import { TextField } from '../ui/Field.tsx'

type FieldProps = Omit<ComponentProps<typeof TextField>, 'label'>

interface MemberNameFieldsProps {
  memberName: FieldProps
  handle: FieldProps
}

/** The two names of a new member. */
export function MemberNameFields({ memberName, handle }: MemberNameFieldsProps) {
  const { session } = useDictionary()
  return (
    <>
      <TextField
        label={session.memberName}
        hint={session.nameHint}
        autoComplete="name"
        required
        {...memberName}
      />
      <TextField
        label={session.handle}
        hint={session.handleHint}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
        {...handle}
      />
    </>
  )
}
