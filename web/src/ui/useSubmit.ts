import { type UseMutationOptions, useMutation } from '@tanstack/react-query'
import { useRef } from 'react'

export interface Submission {
  error: Error | null
  isError: boolean
  isPending: boolean
  submit: () => void
}

/** A mutation of which one runs at a time: `isPending` alone is updated too late for a double click. */
export function useSubmit<T>(
  options: Pick<UseMutationOptions<T, Error, void>, 'mutationFn' | 'onSuccess'>,
): Submission {
  const { error, isError, isPending, mutate } = useMutation<T, Error, void>(options)
  const isRunning = useRef(false)
  const submit = () => {
    if (isRunning.current) return
    isRunning.current = true
    mutate(undefined, {
      onSettled: () => {
        isRunning.current = false
      },
    })
  }
  return { error, isError, isPending, submit }
}
