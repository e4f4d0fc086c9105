/** Up to the next space; what ends a sentence does not belong to the address. */
const ADDRESS = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'”’」』])/

/** What a member wrote, with its line breaks, and its addresses as links. */
export function LinkedText({ text }: { text: string }) {
  return (
    <p className="post-text">
      {text.split(ADDRESS).map((part, index) =>
        // Splitting by a group puts what it caught at the odd places.
        index % 2 === 0 ? (
          part
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same text has the same parts
          <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow ugc">
            {part}
          </a>
        ),
      )}
    </p>
  )
}
