import { chooseLanguage, useDictionary, useLanguage } from '../language/language.ts'
import { chooseTheme, THEMES, useTheme } from '../theme/theme.ts'
import { SegmentedControl } from '../ui/SegmentedControl.tsx'

const LANGUAGES = [
  { value: 'ko', label: '한국어', lang: 'ko' },
  { value: 'en', label: 'English', lang: 'en' },
] as const

export function Settings() {
  const { settings } = useDictionary()
  return (
    <div className="settings">
      <SegmentedControl
        label={settings.language}
        value={useLanguage()}
        options={LANGUAGES}
        onSelect={chooseLanguage}
      />
      <SegmentedControl
        label={settings.theme}
        value={useTheme()}
        options={THEMES.map((value) => ({ value, label: settings[value] }))}
        onSelect={chooseTheme}
      />
    </div>
  )
}
