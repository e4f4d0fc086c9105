import { useDictionary } from '../language/language.ts'
import { startPathOf, useProviders } from './providers.ts'
import './provider.css'

/** Nothing where there is no provider. */
export function ProviderButtons({ returnTo }: { returnTo: string | undefined }) {
  const { provider: words } = useDictionary()
  const providers = useProviders()
  if (providers.length === 0) return null
  return (
    <div className="providers">
      <p className="providers-or">{words.or}</p>
      {providers.map(({ id, name }) => (
        <a key={id} className="button button-quiet" href={startPathOf(id, returnTo)}>
          {words.signInWith(name)}
        </a>
      ))}
    </div>
  )
}
