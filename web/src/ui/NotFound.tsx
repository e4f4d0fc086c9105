import { Link } from '@tanstack/react-router'
import { useDictionary } from '../language/language.ts'
import { PageHeading } from './PageHeading.tsx'

export function NotFound() {
  const { notFound, action } = useDictionary()
  return (
    <>
      <PageHeading title={notFound.title} />
      <div className="card empty">
        <p>{notFound.text}</p>
        <Link to="/" className="button">
          {action.goToFeed}
        </Link>
      </div>
    </>
  )
}
