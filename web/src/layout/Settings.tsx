import { chooseLanguage, useDictionary, useLanguage } from '../language/language.ts'
import { chooseTheme, THEMES, useTheme } from '../theme/theme.ts'
import { Choice } from './Choice.tsx'

const LANGUAGES = [
  { value: 'ko', label: '한국어', lang: 'ko' },
  { value: 'en', label: 'English', lang: 'en' },
] as const

export function Settings() {
  const { settings } = useDictionary()
  return (
    <div className="settings">
      <Choice
        label={settings.language}
        value={useLanguage()}
        options={LANGUAGES}
        onChoose={chooseLanguage}
      />
      <Choice
        label={settings.theme}
        value={useTheme()}
        options={THEMES.map((value) => ({ value, label: settings[value] }))}
        onChoose={chooseTheme}
      />
    </div>
  )
}
