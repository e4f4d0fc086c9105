import { useState } from 'react'

/** Pictures of this site come in two sizes; those of other sites are requested as they are. */
const OWN_IMAGE = /^\/api\/(proxy\/)?images\/view\/[^?#]+$/
const THUMBNAIL_PIXELS = 75

interface AvatarProps {
  name: string
  url: string | null
  /** CSS pixels, reserved before the picture loads. */
  size?: number
}

/** A picture, or the name's first letter. Screen readers skip it, since the name stands beside it. */
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
