import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { holdWhileComposing } from '../layout/typing.ts'

const MAX_KEYWORD = 200

export function SearchBox() {
  const { search } = useDictionary()
  const navigate = useNavigate()
  const { keyword: shown = '' } = useSearch({ strict: false })
  const [keyword, setKeyword] = useState(shown)
  // Back and forward change what is shown; the box follows.
  useEffect(() => setKeyword(shown), [shown])
  return (
    <search>
      <form
        className="search-box"
        onKeyDown={holdWhileComposing}
        onSubmit={(event) => {
          event.preventDefault()
          const wanted = keyword.trim()
          if (wanted !== '') void navigate({ to: '/search', search: { keyword: wanted } })
        }}
      >
        <input
          type="search"
          className="input"
          aria-label={search.label}
          placeholder={search.label}
          enterKeyHint="search"
          maxLength={MAX_KEYWORD}
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
