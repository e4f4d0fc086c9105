import { type UseMutationOptions, useMutation } from '@tanstack/react-query'
import { useRef } from 'react'

interface Sending {
  error: Error | null
  isError: boolean
  isPending: boolean
  start: () => void
}

/** A form's way to the server. However fast the button is pressed, one sending runs at a time: `isPending` alone is known a moment too late. */
export function useSending<T>(
  options: Pick<UseMutationOptions<T, Error, void>, 'mutationFn' | 'onSuccess'>,
): Sending {
  const { error, isError, isPending, mutate } = useMutation<T, Error, void>(options)
  const isRunning = useRef(false)
  const start = () => {
    if (isRunning.current) return
    isRunning.current = true
    mutate(undefined, {
      onSettled: () => {
        isRunning.current = false
      },
    })
  }
  return { error, isError, isPending, start }
}
