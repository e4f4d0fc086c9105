import { useState } from 'react'

/**
 * The values of a form's text fields. `field(name)` returns the props of one field, with its error message from
 * `messages`.
 */
export function useFormFields<Values extends Record<string, string>>(initial: () => Values) {
  const [values, setValues] = useState(initial)
  const set = (name: keyof Values & string, value: string) =>
    setValues((before) => ({ ...before, [name]: value }))
  const field = (name: keyof Values & string, messages: Record<string, string>) => ({
    name,
    value: values[name],
    error: messages[name],
    onChange: ({ target }: { target: { value: string } }) => set(name, target.value),
  })
  return { values, field, reset: () => setValues(initial()) }
}
