import { expect } from 'chai'
import { describe, it } from 'mocha'
import { REFUSALS } from '../../../domain/refusals.ts'
import { FAMILIES, refusalWords } from '../../../src/ui/refusals.ts'
import { dir, LANGUAGE_NAMES, LANGUAGES, lineIn, pickLanguage, sayIn, TEXTS } from '../../../src/ui/text.ts'
import type { Language } from '../../../src/ui/views.ts'

const baseOf = (key: string): string => key.split('#')[0] ?? key

const placesOf = (text: string): string => [...new Set(text.match(/\{\w+\}/g))].sort().join(' ')

const basesOf = (language: Language): readonly string[] => [...new Set(Object.keys(TEXTS[language]).map(baseOf))].sort()

const counted = new Set(
  Object.keys(TEXTS.en)
    .filter((key) => key.includes('#'))
    .map(baseOf),
)

/** A language may write "two tries" without the numeral. */
const NUMERAL_OPTIONAL = new Set(['zero', 'one', 'two'])

describe('text: every sentence in every language', () => {
  for (const language of LANGUAGES) {
    it(`${language}: has the sentences of English, none missing and none more`, () => {
      expect(basesOf(language)).to.deep.equal(basesOf('en'))
    })

    it(`${language}: counts in exactly the plural forms of its grammar (CLDR)`, () => {
      const forms = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort()
      for (const base of counted) {
        const found = Object.keys(TEXTS[language])
          .filter((key) => key.startsWith(`${base}#`))
          .map((key) => key.slice(base.length + 1))
          .sort()
        expect(found, base).to.deep.equal(forms)
      }
    })

    it(`${language}: names the same places in each sentence`, () => {
      for (const [key, text] of Object.entries(TEXTS[language])) {
        const [base = '', form] = key.split('#')
        const want = placesOf(TEXTS.en[form === undefined ? base : `${base}#other`] ?? '')
        const has = placesOf(text)
        if (form !== undefined && NUMERAL_OPTIONAL.has(form) && !has.includes('{count}')) {
          expect(`${has} {count}`.trim().split(' ').sort().join(' '), key).to.equal(want)
        } else expect(has, key).to.equal(want)
      }
    })

    it(`${language}: is not English left over, has no stray space, no markup, no empty sentence`, () => {
      const same = Object.entries(TEXTS[language]).filter(([key, text]) => language !== 'en' && text === TEXTS.en[key])
      const allowed = new Set(['title', 'pin.label', 'factor.pin', 'privacy.cookies', 'claim.picture'])
      expect(same.map(([key]) => key).filter((key) => !allowed.has(key))).to.deep.equal([])
      for (const [key, text] of Object.entries(TEXTS[language])) {
        expect(text, key).to.match(/\S/)
        expect(text, key).not.to.match(/^\s|\s$| {2}|[<>&"]/)
      }
    })

    it(`${language}: is written in its own script`, () => {
      const script: Readonly<Record<Language, RegExp>> = {
        en: /\p{Script=Latin}/u,
        fr: /\p{Script=Latin}/u,
        ar: /\p{Script=Arabic}/u,
        hi: /\p{Script=Devanagari}/u,
        km: /\p{Script=Khmer}/u,
        kn: /\p{Script=Kannada}/u,
        ta: /\p{Script=Tamil}/u,
      }
      for (const [key, text] of Object.entries(TEXTS[language])) if (key !== 'title') expect(text, key).to.match(script[language])
    })
  }

  it('knows each language by its own name and direction', () => {
    expect(Object.keys(LANGUAGE_NAMES)).to.have.members([...LANGUAGES])
    expect(LANGUAGES.filter((language) => dir(language) === 'rtl')).to.deep.equal(['ar'])
  })
})

describe('sentences', () => {
  it('isolate what is put into them: bdi in text, isolates in a line', () => {
    expect(sayIn('en')('cancel', { party: '<b>' }).markup).to.equal('Cancel and go back to <bdi>&lt;b&gt;</bdi>')
    expect(lineIn('en')('cancel', { party: 'A' }).markup).to.equal('Cancel and go back to \u2068A\u2069')
  })

  it('count in the forms of the language', () => {
    const tries = (language: Language, count: number): string => sayIn(language)('tries', { count }).markup
    expect(tries('en', 1)).to.contain('try left')
    expect(tries('en', 2)).to.contain('tries left')
    expect(tries('ar', 2)).to.contain('محاولتان')
    expect(tries('ar', 3)).to.contain('محاولات')
    expect(tries('fr', 0)).to.contain('essai ')
  })

  it('do not fill a place from a text that looks like one', () => {
    expect(sayIn('en', { product: 'X' })('cancel', { party: '{product}' }).markup).to.contain('<bdi>{product}</bdi>')
  })
})

describe('refusals in words', () => {
  it('have a sentence for every code', () => {
    expect(Object.keys(FAMILIES)).to.have.members([...REFUSALS, 'fault', 'bug'])
    for (const code of REFUSALS) expect(TEXTS.en).to.include.keys(refusalWords(code).title, refusalWords(code).text)
  })

  it('say the same for a wrong secret, an unknown or blocked person and a closed path (rule 22)', () => {
    expect(refusalWords('factor_limited')).to.deep.equal(refusalWords('factor_wrong'))
  })

  it('carry no code, no word of the protocol', () => {
    const texts = Object.entries(TEXTS.en).filter(([key]) => key.startsWith('refusal.'))
    for (const [key, text] of texts) expect(text, key).not.to.match(/_|OTP|UIN|OAuth|token|client|parameter|error/i)
  })
})

describe('pickLanguage', () => {
  it('takes what was chosen on a page before everything', () => {
    expect(pickLanguage({ chosen: 'km', uiLocales: 'fr', accept: 'hi' })).to.equal('km')
  })
  it('then ui_locales, best first, skipping what is not there (OpenID Connect Core §3.1.2.1)', () => {
    expect(pickLanguage({ uiLocales: 'de fr-CA en', accept: 'hi' })).to.equal('fr')
  })
  it('then the browser, by quality (RFC 9110 §12.5.4)', () => {
    expect(pickLanguage({ accept: 'de, en;q=0.5, ta;q=0.9, ar;q=0' })).to.equal('ta')
  })
  it('else English', () => {
    expect(pickLanguage({})).to.equal('en')
    expect(pickLanguage({ chosen: 'xx', uiLocales: '', accept: '*' })).to.equal('en')
  })
  it('looks at no more than 32 tags of a header', () => {
    expect(pickLanguage({ accept: `${'de,'.repeat(40)}fr` })).to.equal('en')
  })
})
