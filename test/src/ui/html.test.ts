import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { clip, escapeHtml, html, initial, isolate } from '../../../src/ui/html.ts'
import { choosePage, consentPage, errorPage, otpPage } from '../../../src/ui/pages.ts'
import { frameIn } from './samples.ts'
import { decode, skeleton } from './markup.ts'

const RUNS = { numRuns: 150 }

const hostile = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  fc.constantFrom(
    '"><script>alert(1)</script>',
    "' onfocus='x",
    '</title><b>',
    '<!--',
    ']]>',
    '\u202Egnp.exe',
    'a\u2066b',
    '\u0000<\u0000b>',
    '{party}',
    '&lt;b&gt;',
    '\ud800',
  ),
)

describe('html: nothing that was put in breaks out', () => {
  it('escapes every part by default, joins arrays, drops undefined, null and false', () => {
    const page = html`<p title="${'"><b>'}">${['<i>', [1, html`<br />`]]}${undefined}${null}${false}</p>`
    expect(page.markup).to.equal('<p title="&quot;&gt;&lt;b&gt;">&lt;i&gt;1<br /></p>')
  })

  it('leaves no markup character, control character or bidi control of any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeHtml(text)
        expect(escaped).not.to.match(/[<>"'`\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/)
        expect(escaped.isWellFormed()).to.equal(true)
      }),
      RUNS,
    )
  })

  it('shows what was written, apart from what cannot be seen', () => {
    for (const text of ['ភាសាខ្មែរ', 'العربية\u200F!', '👩‍👩‍👧', 'क्‍ष']) expect(decode(escapeHtml(text))).to.equal(text)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(decode(escapeHtml(text))).to.equal(text)
      }),
      RUNS,
    )
  })

  it('keeps the skeleton of a page whatever a relying party, an ID system or a person is called', () => {
    const calm = 'Calm'
    const pages = (text: string): readonly string[] => {
      const frame = { ...frameIn('en'), party: { name: text, host: text }, csrf: text, base: `/login/${text}`, issuer: text }
      const limit = { until: '2026-11-24T14:33:00.000Z', secondsLeft: 100, extensible: true }
      return [
        choosePage(frame, { idTypes: ['uin'], factors: ['otp', 'pin'], idEnding: text, ownDevice: 'offer', limit }),
        otpPage(frame, {
          idEnding: text,
          reference: text,
          digits: 6,
          state: 'sent',
          resend: { left: 1 },
          otherWays: true,
          problem: { code: 'factor_wrong', triesLeft: 1 },
        }),
        consentPage(frame, {
          idEnding: text,
          essential: ['name'],
          voluntary: ['email'],
          scopes: [],
          purpose: text,
          notice: { version: text, digest: text },
          days: 30,
          page: 'https://id.almaria.example/my',
          links: { authority: { name: text, url: 'https://privacy.example/' } },
        }),
        errorPage(frame, { code: 'bug', reference: text }),
      ]
    }
    const want = pages(calm).map(skeleton)
    fc.assert(
      fc.property(hostile, (text) => {
        expect(pages(text).map(skeleton)).to.deep.equal(want)
      }),
      RUNS,
    )
  })
})

describe('clip: a stranger says as much as there is room for', () => {
  it('never shows more letters than allowed, and says where it cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 2, max: 40 }), (text, max) => {
        const letters = [...new Intl.Segmenter('en').segment(clip(text, max))]
        expect(letters.length).to.be.at.most(max)
      }),
      RUNS,
    )
    expect(clip('Harbour Savings Bank', 8)).to.equal('Harbour…')
    expect(clip('  two\n lines ', 20)).to.equal('two lines')
  })

  it('bounds a tower of marks on one letter', () => {
    expect(clip(`a${'\u0301'.repeat(100_000)}`, 10).length).to.be.at.most(90)
  })

  it('does not cut inside a letter of Khmer or a family of emoji', () => {
    expect(clip('ស្រី', 2)).to.equal('ស្រី')
    expect(initial('👩‍👩‍👧 family')).to.equal('👩‍👩‍👧')
    expect(initial('ß')).to.equal('SS')
    expect(initial('')).to.equal('')
  })
})

describe('isolate: what bdi is, in a title', () => {
  it('wraps a text in first-strong isolate and pop', () => {
    expect(isolate('a\u2069b').markup).to.equal('\u2068ab\u2069')
  })
})
