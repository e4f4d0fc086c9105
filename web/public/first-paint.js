// Sets theme and language before the first paint. The page's security policy allows no inline script, so it is a file.
// The keys are those of src/theme/theme.ts and src/language/language.ts.
try {
  const theme = localStorage.getItem('dailyfeed.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  const language = localStorage.getItem('dailyfeed.language')
  if (language === 'ko' || language === 'en') document.documentElement.lang = language
} catch {
  // Without storage, the page uses the system's theme and language.
}
