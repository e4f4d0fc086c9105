import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * The path of a Chromium: the one that CHROMIUM_PATH names, else an installed one, else, as root on Debian, the package
 * of the distribution, which it installs. Without any, the reason.
 */
export async function provideChromium(): Promise<string | { reason: string }> {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined)
    return existsSync(named)
      ? named
      : { reason: `CHROMIUM_PATH names ${named}, which does not exist` }
  const installed = CANDIDATES.find((path) => existsSync(path))
  if (installed !== undefined) return installed
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0)
    return { reason: 'no Chromium found; install it, or set CHROMIUM_PATH' }
  process.stdout.write('installing Chromium…\n')
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-q', '-y', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  apt('update')
  apt('install', '--no-install-recommends', 'chromium', 'fonts-noto-cjk', 'fonts-noto-color-emoji')
  return existsSync('/usr/bin/chromium')
    ? '/usr/bin/chromium'
    : { reason: 'apt-get could not install chromium' }
}
