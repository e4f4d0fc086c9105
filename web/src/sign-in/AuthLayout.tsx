import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { Settings } from '../shell/Settings.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'

/** The frame of the login, signup and welcome pages. */
export function AuthLayout({ title, children }: { title: string; children: ReactNode }) {
  const { product, tagline } = useDictionary()
  return (
    <main id="main" className="centered-page">
      <p className="auth-brand">{product}</p>
      <p className="auth-tagline">{tagline}</p>
      <div className="card auth-card">
        <PageHeading title={title} />
        {children}
      </div>
      <Settings />
    </main>
  )
}
