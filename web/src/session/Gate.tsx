import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { PageHeading } from '../layout/PageHeading.tsx'
import { Settings } from '../layout/Settings.tsx'

/** The frame of the two pages before the feed. */
export function Gate({ title, children }: { title: string; children: ReactNode }) {
  const { product, tagline } = useDictionary()
  return (
    <main id="main" className="gate">
      <p className="gate-brand">{product}</p>
      <p className="gate-tagline">{tagline}</p>
      <div className="card gate-card">
        <PageHeading title={title} />
        {children}
      </div>
      <Settings />
    </main>
  )
}
