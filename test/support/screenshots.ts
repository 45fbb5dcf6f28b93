/** Pictures of every page to look at: `node test/support/screenshots.ts <folder outside the repository> [name ...]`. */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { argv, stderr } from 'node:process'
import { launchChromium } from './chromium.ts'
import { DEMO_SAMPLES, frameIn, SAMPLES, statics } from '../src/ui/samples.ts'
import { LANGUAGES } from '../../src/ui/text.ts'
import type { Language } from '../../src/ui/views.ts'

const [, , folder, ...names] = argv
if (folder === undefined) {
  stderr.write('Say where the pictures go.\n')
  throw new Error('folder missing')
}
mkdirSync(folder, { recursive: true })

const isLanguage = (text: string | undefined): text is Language => (LANGUAGES as readonly (string | undefined)[]).includes(text)

const server = createServer((request, response) => {
  const [, name = '', tag] = (request.url ?? '').split('?')[0]?.split('/') ?? []
  const file = statics.files.find(({ path }) => path === request.url)
  if (file !== undefined) {
    response.setHeader('content-type', file.type).end(file.body)
    return
  }
  const page = DEMO_SAMPLES[name]?.() ?? SAMPLES[name]?.(frameIn(isLanguage(tag) ? tag : 'en'))
  response.statusCode = page === undefined ? 404 : 200
  response.setHeader('content-type', 'text/html; charset=utf-8').end(page)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
const port = typeof address === 'object' && address !== null ? address.port : 0

type Shot = { readonly name: string; readonly language: Language; readonly width: number; readonly scheme: 'light' | 'dark' }

const shotsOf = (name: string): readonly Shot[] =>
  name.startsWith('demo-')
    ? [
        { name, language: 'en', width: 1280, scheme: 'light' },
        { name, language: 'en', width: 360, scheme: 'dark' },
      ]
    : [
        { name, language: 'en', width: 1280, scheme: 'light' },
        { name, language: 'en', width: 1280, scheme: 'dark' },
        { name, language: 'en', width: 360, scheme: 'light' },
        { name, language: 'ar', width: 1280, scheme: 'light' },
        { name, language: 'km', width: 360, scheme: 'light' },
        { name, language: 'ta', width: 360, scheme: 'dark' },
      ]

const browser = await launchChromium()
const wanted = names.length > 0 ? names : [...Object.keys(SAMPLES), ...Object.keys(DEMO_SAMPLES)]
for (const { name, language, width, scheme } of wanted.flatMap(shotsOf)) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme })
  await page.goto(`http://127.0.0.1:${port}/${name}/${language}`)
  await page.screenshot({ path: join(folder, `${name}.${language}.${width}.${scheme}.png`), fullPage: true })
  await page.close()
}
await browser.close()
server.close()
