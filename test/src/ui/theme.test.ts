import { gunzipSync, brotliDecompressSync, brotliCompressSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { Fault } from '../../../domain/ports.ts'
import { ALMARIA, brandOf, inLanguage } from '../../../src/ui/brand.ts'
import { readStatic } from '../../../src/ui/static-files.ts'
import { makeStatics } from '../../../src/ui/statics.ts'
import { LANGUAGES } from '../../../src/ui/text.ts'
import { compact, contrast, contrastProblems, GROUNDS, stylesheet } from '../../../src/ui/theme.ts'
import { brand, DEMO_SAMPLES, frameIn, SAMPLES, statics } from './samples.ts'

/** Tokens of a scheme, as the browser would see them. */
const tokensOf = (css: string, scheme: 'light' | 'dark'): ReadonlyMap<string, string> => {
  const [light = '', dark = ''] =
    css
      .split('prefers-contrast')[0]
      ?.split(/@media \(prefers-color-scheme: ?dark\)/)
      .slice(0, 2) ?? []
  const read = (text: string): readonly (readonly [string, string])[] =>
    [...text.matchAll(/--([a-z-]+): ?(#[0-9a-f]{3,6})[;}]/g)].map(([, name = '', value = '']) => [name, value] as const)
  return new Map([...read(light), ...(scheme === 'dark' ? read(dark) : [])])
}

const both = (scheme: 'light' | 'dark'): ReadonlyMap<string, string> => {
  const [theme = '', ...rest] = stylesheet(brand).split('\n')
  return new Map([...tokensOf(rest.join('\n'), scheme), ...tokensOf(theme, scheme)])
}

const TEXT_PAIRS = [
  ['ink', 'sheet'],
  ['ink', 'paper'],
  ['ink', 'sunk'],
  ['soft', 'sheet'],
  ['soft', 'paper'],
  ['soft', 'sunk'],
  ['link', 'sheet'],
  ['link', 'paper'],
  ['link', 'sunk'],
  ['on-brand', 'brand'],
  ['on-brand', 'press'],
  ['on-cover', 'cover'],
  ['on-cover-soft', 'cover'],
  ['bad', 'bad-bg'],
  ['bad', 'sheet'],
  ['warn', 'warn-bg'],
  ['good', 'good-bg'],
] as const
const CONTROL_PAIRS = [
  ['edge', 'sheet'],
  ['edge', 'paper'],
  ['brand', 'sheet'],
  ['seal', 'sheet'],
] as const

describe('theme: everybody can read it (WCAG 2.2, 1.4.3 and 1.4.11)', () => {
  it('measures as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).to.be.closeTo(21, 0.001)
    expect(contrast('#767676', '#ffffff')).to.be.closeTo(4.54, 0.01)
  })

  for (const scheme of ['light', 'dark'] as const)
    it(`${scheme}: text at 4.5 to 1 or better, controls at 3`, () => {
      const tokens = both(scheme)
      const ratio = (one: string, other: string): number => contrast(tokens.get(one) ?? '', tokens.get(other) ?? '')
      for (const [one, other] of TEXT_PAIRS) expect(ratio(one, other), `${one} on ${other}`).to.be.at.least(4.5)
      for (const [one, other] of CONTROL_PAIRS) expect(ratio(one, other), `${one} on ${other}`).to.be.at.least(3)
      const focus = (ground: string): number => Math.max(ratio('focus', ground), ratio('focus-in', ground))
      for (const ground of ['sheet', 'paper', 'cover']) expect(focus(ground), `focus on ${ground}`).to.be.at.least(3)
    })

  it('knows the grounds of the stylesheet', () => {
    for (const scheme of ['light', 'dark'] as const) {
      const tokens = both(scheme)
      const ground = GROUNDS[scheme]
      expect([tokens.get('paper'), tokens.get('sheet'), tokens.get('sunk')]).to.deep.equal([ground.paper, ground.sheet, ground.sunk])
    }
  })

  it('finds nothing wrong with the default and says what is wrong with a pale one', () => {
    expect(contrastProblems(ALMARIA)).to.deep.equal([])
    const pale = brandOf({ light: { link: '#a0c0c0' } })
    expect(contrastProblems(pale).join()).to.contain('light: link on the leaf')
  })

  it('is compacted without losing a rule', () => {
    const css = readStatic('pages.css')
    const braces = (text: string): number => text.split('{').length
    expect(braces(compact(css))).to.equal(braces(css.replace(/\/\*[^]*?\*\//g, '')))
    expect(compact('a {\n  b: c d;\n}\n/* e */\n@media (f: 1rem) {\n  g:hover > h {\n    i: j;\n  }\n}\n')).to.equal(
      'a{b:c d;}\n@media (f: 1rem){g:hover > h{i:j;}}',
    )
  })
})

describe('brand: what a deployment says about itself', () => {
  it('lays what is given over the default', () => {
    const own = brandOf({ country: { en: 'Testland' }, telephone: '999', light: { brand: '#123456' } }, 'Africa/Nairobi')
    expect([own.country, own.telephone, own.light.brand, own.light.link]).to.deep.equal([
      { en: 'Testland' },
      '999',
      '#123456',
      ALMARIA.light.link,
    ])
    expect(own.timeZone).to.deep.equal({ id: 'Africa/Nairobi', name: { en: 'Africa/Nairobi' } })
    expect(inLanguage(own.country, 'ar')).to.equal('Testland')
  })

  for (const [what, over] of [
    ['a colour that is more than a colour', { light: { brand: 'red;}body{display:none' } }],
    ['a path that is more than a path', { emblem: { sun: 'M0 0"/><script>' } }],
    ['a link that runs something', { links: { help: 'javascript:alert(1)' } }],
    ['a link to another host by two slashes', { links: { help: '//evil.example' } }],
    ['markup in a name', { country: { en: '<b>' } }],
    ['a member that is not known', { colour: 'red' }],
    ['a list where text belongs', { product: ['x'] }],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => brandOf(over)).to.throw(Fault)
    })

  it('refuses a time zone that nobody knows', () => {
    expect(() => brandOf({}, 'Mars/Olympus')).to.throw(Fault)
  })
})

describe('statics: small and named by content', () => {
  it('unpack to what they are', () => {
    for (const { body, gzip, brotli } of statics.files) {
      expect(gunzipSync(gzip).equals(body)).to.equal(true)
      expect(brotliDecompressSync(brotli).equals(body)).to.equal(true)
    }
  })

  it('have the same path for the same content and another for another', () => {
    expect(makeStatics(brand).paths).to.deep.equal(statics.paths)
    const other = makeStatics(brandOf({ light: { brand: '#123456' } }))
    expect(other.paths.css).not.to.equal(statics.paths.css)
    expect(other.paths.js).to.equal(statics.paths.js)
  })

  it('fit the budget: a first page with everything stays under 20 kB over the wire', () => {
    const HEADERS_BYTES = 4 * 500
    // The check's script is of a page of its own.
    const used = Object.values(statics.paths).filter((path) => path !== statics.paths.check)
    const size = (pick: 'gzip' | 'brotli'): number =>
      statics.files.filter(({ path }) => used.includes(path)).reduce((sum, file) => sum + file[pick].length, 0)
    for (const language of LANGUAGES)
      for (const page of ['choose', 'choose-many', 'otp-wrong', 'consent'].map((name) => SAMPLES[name]?.(frameIn(language)) ?? '')) {
        expect(size('brotli') + brotliCompressSync(page).length + HEADERS_BYTES).to.be.below(20_000)
        expect(size('gzip') + gzipSync(page).length + HEADERS_BYTES).to.be.below(20_000)
      }
  })

  it('are all that the pages ask for', () => {
    const pages = [
      ...Object.values(SAMPLES).map((sample) => sample(frameIn('en'))),
      ...Object.values(DEMO_SAMPLES).map((sample) => sample()),
    ]
    const asked = new Set(pages.flatMap((page) => [...page.matchAll(/"(\/static\/[^"]+)"/g)].map(([, path = '']) => path)))
    expect([...asked].sort()).to.deep.equal(statics.files.map(({ path }) => path).sort())
  })
})
