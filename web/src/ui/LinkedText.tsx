import { splitAtAddresses } from './addresses.ts'

/** A member's text with its line breaks; web addresses are links. */
export function LinkedText({ text }: { text: string }) {
  return (
    <p className="user-text">
      {splitAtAddresses(text).map((part, index) =>
        part.isAddress ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same text has the same parts
          <a key={index} href={part.text} target="_blank" rel="noopener noreferrer nofollow ugc">
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </p>
  )
}
