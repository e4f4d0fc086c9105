import { type UseMutationOptions, type UseMutationResult, useMutation } from '@tanstack/react-query'
import { useRef } from 'react'

/** A form's way to the server. However fast the button is pressed, one sending runs at a time: `isPending` alone is known a moment too late. */
export function useSending<T>(options: Pick<UseMutationOptions<T>, 'mutationFn' | 'onSuccess'>): UseMutationResult<T> & { start: () => void } {
  const mutation = useMutation<T>(options)
  const isRunning = useRef(false)
  const start = () => {
    if (isRunning.current) return
    isRunning.current = true
    mutation.mutate(undefined, {
      onSettled: () => {
        isRunning.current = false
      },
    })
  }
  return { ...mutation, start }
}
