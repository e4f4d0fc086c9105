import { type ComponentProps, useLayoutEffect, useRef } from 'react'

interface GrowingTextProps extends Omit<ComponentProps<'textarea'>, 'value' | 'ref'> {
  value: string
  autoFocus?: boolean
}

/** A text area that grows with its text. */
export function GrowingText({ value, autoFocus = false, ...rest }: GrowingTextProps) {
  const area = useRef<HTMLTextAreaElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height depends on the text through the page
  useLayoutEffect(() => {
    const element = area.current
    // Browsers with field-sizing need no script, and no second layout, for this.
    if (element === null || CSS.supports('field-sizing', 'content')) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight + 2}px`
  }, [value])
  useLayoutEffect(() => {
    const element = area.current
    if (!autoFocus || element === null) return
    element.focus()
    element.setSelectionRange(element.value.length, element.value.length)
  }, [autoFocus])
  return <textarea ref={area} className="input growing" value={value} {...rest} />
}
