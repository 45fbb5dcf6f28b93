import { expect } from 'chai'
import { describe, it } from 'mocha'
import { FORM, knows, plainName } from '../../../adapters/id-system/mock/knowledge.ts'
import type { MockPerson } from '../../../adapters/id-system/mock/people.ts'
import { readDescription } from '../../../adapters/id-system/description.ts'
import { describe as describeMock } from '../../../adapters/id-system/mock/plugin.ts'
import type { KnowledgeForm, PluginDescription } from '../../../adapters/id-system/plugin.ts'

const key = new Uint8Array(32)
const maya: MockPerson = {
  record: 'rn6rzhacctrccp27wq1dxktc93',
  ids: { uin: '8267411571' },
  claims: { name: { languages: { en: 'Maya Élodie Rahimi', hi: 'माया रहीमी' } }, birthdate: '1987-11-25' },
}
const says = (name: string, birthdate = '1987-11-25', person: MockPerson | undefined = maya): boolean =>
  knows(key, person, JSON.stringify({ full_name: name, birthdate }))

describe("the mock's knowledge factor", () => {
  it('knows a name in any language that the register has, whatever its case, accents, order and signs', () => {
    for (const name of ['Maya Élodie Rahimi', 'MAYA ELODIE RAHIMI', 'Rahimi, Maya Elodie', 'माया रहीमी', 'rahimi-maya elodie'])
      expect(says(name), name).to.equal(true)
  })

  it('another name, another date, a vowel that differs, or nobody at all is a no', () => {
    for (const name of ['Maya Rahimi', 'Maya Élodie', 'मया रहीमी', '', '--']) expect(says(name), name).to.equal(false)
    expect(says('Maya Élodie Rahimi', '1987-11-24')).to.equal(false)
    expect(says('', '', undefined)).to.equal(false)
    expect(knows(key, { ...maya, claims: {} }, '{"full_name":"","birthdate":""}')).to.equal(false)
    for (const proof of ['', 'null', '[]', '{"full_name":7}']) expect(knows(key, maya, proof), proof).to.equal(false)
  })

  it('names are compared by their letters', () => {
    expect(plainName("O'Brien  Zoë")).to.equal('brien o zoe')
  })
})

describe('the form of a knowledge factor', () => {
  const problems = (form: KnowledgeForm | undefined, factor: 'knowledge' | 'pin' = 'knowledge'): readonly string[] => {
    const described = describeMock()
    const offer = { factor, format: { kind: 'text', lengthMin: 1, lengthMax: 500 }, ...(form && { form }) } as const
    const read = readDescription({ ...described, factors: [offer] } satisfies PluginDescription)
    return read.ok ? [] : read.problems
  }
  const property = (rules: object): KnowledgeForm => ({ schema: { type: 'object', properties: { answer: { type: 'string', ...rules } } } })

  it('is checked when the plugin is loaded: it is there for knowledge and only there', () => {
    expect(problems(FORM)).to.deep.equal([])
    expect(problems(undefined)[0]).to.include('/factors knowledge needs a form')
    expect(problems(FORM, 'pin')[0]).to.include('/factors pin has a form')
  })

  it('what is wrong in it is told', () => {
    expect(problems(property({ pattern: '(' }))[0]).to.include('is no regular expression')
    expect(problems(property({ minLength: 9, maxLength: 3 }))[0]).to.include('the shortest answer is longer than the longest')
    expect(problems(property({ type: 'number' }))[0]).to.include('must be equal to constant')
    expect(problems({ ...FORM, titles: { nobody: { en: 'x' } } })[0]).to.include('has a title for nobody')
    expect(problems({ schema: { ...FORM.schema, required: ['nobody'] } })[0]).to.include('requires nobody')
  })
})
