import { useState } from 'react'

/** Our own pictures come in two sizes; other people's servers would not understand the question. */
const OWN_IMAGE = /^\/api\/(proxy\/)?images\/view\/[^?#]+$/
const THUMBNAIL_PIXELS = 75

interface AvatarProps {
  name: string
  url: string | null
  /** CSS pixels; the place is kept before the picture comes. */
  size?: number
}

/** A picture, or the name's first letter. It repeats what stands beside it, so it says nothing to a screen reader. */
export function Avatar({ name, url, size = 42 }: AvatarProps) {
  const [failedUrl, setFailedUrl] = useState<string>()
  const source =
    url !== null && OWN_IMAGE.test(url) && size <= THUMBNAIL_PIXELS ? `${url}?thumbnail=true` : url
  return (
    <span
      className="avatar"
      style={{ width: size, height: size, fontSize: size * 0.42 }}
      aria-hidden="true"
    >
      {firstLetterOf(name)}
      {source !== null && source !== '' && source !== failedUrl && (
        <img
          src={source}
          alt=""
          width={size}
          height={size}
          loading="lazy"
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => setFailedUrl(source)}
        />
      )}
    </span>
  )
}

function firstLetterOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim())
  return first?.segment.toUpperCase() ?? '?'
}
