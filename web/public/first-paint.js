// Runs before the first paint, as a file of its own since the page allows no inline script.
// The keys are those of src/theme/theme.ts and src/language/language.ts.
try {
  const theme = localStorage.getItem('dailyfeed.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  const language = localStorage.getItem('dailyfeed.language')
  if (language === 'ko' || language === 'en') document.documentElement.lang = language
} catch {
  // Storage is switched off: the system's theme and language stand.
}
