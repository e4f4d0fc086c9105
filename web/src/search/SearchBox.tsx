import { MAX_NORMALISED_KEYWORD_LENGTH } from '@dailyfeed/contract/limits'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { preventSubmitWhileComposing } from '../ui/typing.ts'
import './search.css'

export function SearchBox() {
  const { search } = useDictionary()
  const navigate = useNavigate()
  const { keyword: searched = '' } = useSearch({ strict: false })
  const [keyword, setKeyword] = useState(searched)
  // Back and forward change the searched keyword.
  useEffect(() => setKeyword(searched), [searched])
  return (
    <search>
      <form
        className="search-box"
        onKeyDown={preventSubmitWhileComposing}
        onSubmit={(event) => {
          event.preventDefault()
          const trimmed = keyword.trim()
          if (trimmed !== '') void navigate({ to: '/search', search: { keyword: trimmed } })
        }}
      >
        <input
          type="search"
          className="input"
          aria-label={search.label}
          placeholder={search.label}
          enterKeyHint="search"
          maxLength={MAX_NORMALISED_KEYWORD_LENGTH}
          value={keyword}
          onChange={({ target }) => setKeyword(target.value)}
        />
        <button type="submit" className="icon-button" aria-label={search.submit}>
          <Icon name="search" />
        </button>
      </form>
    </search>
  )
}
