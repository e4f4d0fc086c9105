import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { PageHeading } from '../layout/PageHeading.tsx'
import { Settings } from '../layout/Settings.tsx'

/** The frame of the two pages before the feed. */
export function Gate({ title, children }: { title: string; children: ReactNode }) {
  const { product, tagline } = useDictionary()
  return (
    <div className="gate">
      <p className="gate-brand">{product}</p>
      <p className="gate-tagline">{tagline}</p>
      <main id="main" className="card gate-card">
        <PageHeading title={title} />
        {children}
      </main>
      <Settings />
    </div>
  )
}
