import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

const USUAL = [
  '/usr/bin',
  '/usr/local/bin',
  '/snap/bin',
  '/opt/google/chrome',
  '/Applications/Chromium.app/Contents/MacOS',
  '/Applications/Google Chrome.app/Contents/MacOS',
]

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The Chromium of this machine: `CHROMIUM`, else the path, else the usual places. */
export const chromiumPath = (): string => {
  const named = env['CHROMIUM']
  const folders = [...(env['PATH'] ?? '').split(delimiter), ...USUAL]
  const candidates = [
    ...(named === undefined ? [] : [named]),
    ...folders.flatMap((folder) => [...NAMES, 'Chromium', 'Google Chrome'].map((name) => join(folder, name))),
  ]
  const found = candidates.find(isExecutable)
  if (found === undefined) throw new Error('No Chromium on this machine: install the package `chromium`, or set CHROMIUM to its path.')
  return found
}

/** A real browser without a window. In a container it runs as root, where Chromium refuses its own sandbox. */
export const launchChromium = (...args: readonly string[]): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', ...args] })
