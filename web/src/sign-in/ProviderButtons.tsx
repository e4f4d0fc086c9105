import { useDictionary } from '../language/language.ts'
import { startPathOf, useProviders } from './providers.ts'
import './providers.css'

/** Not rendered when no provider is configured. */
export function ProviderButtons({ returnTo }: { returnTo: string | undefined }) {
  const { provider: t } = useDictionary()
  const providers = useProviders()
  if (providers.length === 0) return null
  return (
    <div className="providers">
      <p className="providers-or">{t.or}</p>
      {providers.map(({ id, name }) => (
        <a key={id} className="button button-quiet" href={startPathOf(id, returnTo)}>
          {t.signInWith(name)}
        </a>
      ))}
    </div>
  )
}
