import { FAMILIES_OF_CODES } from '../../../src/biometrics/faults.ts'
import { brandOf } from '../../../src/ui/brand.ts'
import { demoHomePage, demoResultPage, outboxPage } from '../../../src/ui/demo.ts'
import {
  biometricsPage,
  checkPage,
  choosePage,
  consentPage,
  errorPage,
  expiredPage,
  formPostPage,
  infoPage,
  knowledgePage,
  myDoorPage,
  myPage,
  otpPage,
  passwordPage,
  pinPage,
  waitPage,
} from '../../../src/ui/pages.ts'
import { makeStatics } from '../../../src/ui/statics.ts'
import { dir, LANGUAGES } from '../../../src/ui/text.ts'
import type {
  BiometricsView,
  ChooseView,
  DemoFrame,
  Frame,
  KnowledgeView,
  Language,
  Limit,
  MyView,
  OtpView,
} from '../../../src/ui/views.ts'
import { REFUSALS } from '../../../domain/refusals.ts'

export const brand = brandOf({})
export const statics = makeStatics(brand)

const PARTY: Readonly<Partial<Record<Language, string>>> = {
  ar: 'مصرف المرفأ للادخار',
  hi: 'हार्बर बचत बैंक',
  km: 'ធនាគារសន្សំហាប័រ',
}

export const frameIn = (language: Language): Frame => ({
  language,
  languages: LANGUAGES.map((tag) => ({ tag, href: `?ui_locales=${tag}`, current: tag === language })),
  dir: dir(language),
  brand,
  issuer: 'https://id.almaria.example',
  statics: statics.paths,
  party: { name: PARTY[language] ?? 'Harbour Savings Bank', host: 'harboursavings.example' },
  csrf: 'v1.Jx0pQ7',
  base: '/login/txn_8Qm2vT',
})

export const withoutParty = ({ party: _party, ...frame }: Frame): Frame => frame

const limit: Limit = { until: '2026-11-24T14:33:00.000Z', secondsLeft: 240, extensible: true }

const otp: OtpView = {
  idEnding: '1571',
  reference: 'KQ7M',
  digits: 6,
  state: 'sent',
  code: { until: '2026-11-24T14:30:00.000Z', secondsLeft: 172 },
  resend: { left: 2 },
  otherWays: true,
  limit,
}

const biometrics: BiometricsView = {
  idEnding: '1571',
  reader: {
    ports: Array.from({ length: 100 }, (_, index) => 4501 + index),
    ...{ discoverMs: 30_000, infoMs: 30_000, captureMs: 30_000, env: 'Developer', domainUri: 'https://id.almaria.example' },
    ...{ transactionId: 'Zx81Qm42Ta', deviceSubId: '0', codes: FAMILIES_OF_CODES, answerBytesMax: 1_900_000, asks: true },
    wanted: { Face: { count: 1, scoreMin: 70, subtypes: [] }, Finger: { count: 1, scoreMin: 70, subtypes: ['UNKNOWN'] } },
  },
  statics: statics.readerPaths,
  otherWays: true,
  limit,
}

const kinds = {
  idTypes: ['phone', 'handle'],
  loginIds: [
    {
      id: 'mobile',
      name: 'Phone number',
      type: 'phone',
      lengthMax: 12,
      prefixes: [
        { value: '+855', name: '+855 KHM' },
        { value: '+91', name: '+91 IND' },
      ],
    },
    { id: 'nrc', name: 'Registration card <i>', type: 'handle', lengthMax: 20, prefix: 'NRC-' },
  ],
  factors: ['otp', 'pin'],
  channel: { channels: ['sms', 'email'], chosen: 'sms' },
  ownDevice: 'offer',
  limit,
} as const satisfies ChooseView

const questions: KnowledgeView = {
  idEnding: '1571',
  questions: [
    { name: 'full_name', title: 'Full name', kind: 'text', needed: true, lengthMax: 100 },
    { name: 'birthdate', title: 'Date of birth', kind: 'date', needed: true, lengthMax: 200 },
    { name: 'region', title: 'Region <b>', kind: 'list', options: [{ value: 'coast', title: 'Coast' }], needed: false, lengthMax: 200 },
  ],
  typed: {},
  otherWays: true,
  limit,
}

const essential = ['name', 'birthdate', 'address']
const voluntary = ['phone_number', 'email', 'picture']

const ownFrame = (frame: Frame): Frame => ({ ...withoutParty(frame), base: '/my' })

const AGREEMENT = { consent: 'A'.repeat(43), at: '2026-11-24T14:33:00.000Z', refused: [], scopes: [], receipts: [] } as const

const MY: MyView = {
  withdrawn: 'The Clinic',
  authority: 'Data protection office',
  older: '/my?from=40',
  newer: '/my',
  limit,
  agreements: [
    {
      ...AGREEMENT,
      party: 'Harbour Savings',
      status: 'given',
      until: '2027-11-24T14:33:00.000Z',
      givenAt: '2026-11-24T14:33:00.000Z',
      claims: ['name', 'birthdate', 'address', 'verified_claims.name'],
      scopes: ['residence_certificate'],
      refused: ['email', 'phone_number'],
      purpose: 'To open your savings account. The Banking Act asks every bank to know its customers.',
      receipts: [{ revision: 0, at: '2026-11-24T14:33:00.000Z' }],
    },
    { ...AGREEMENT, consent: 'B'.repeat(43), party: 'Library of the Old Harbour', status: 'given', claims: [], givenAt: AGREEMENT.at },
    {
      ...AGREEMENT,
      consent: 'C'.repeat(43),
      party: 'The Clinic',
      status: 'withdrawn',
      claims: ['name'],
      givenAt: '2026-03-01T08:00:00.000Z',
      privacy: 'https://clinic.example/privacy',
      receipts: [
        { revision: 0, at: '2026-03-01T08:00:00.000Z' },
        { revision: 2, at: AGREEMENT.at },
      ],
    },
    { ...AGREEMENT, consent: 'D'.repeat(43), party: 'Lottery', status: 'refused', claims: [] },
  ],
  logins: (['open', 'done', 'revoked', 'denied', 'cancelled', 'failed', 'expired', 'error'] as const).map((end, n) => ({
    at: `2026-11-2${String(n)}T09:30:00.000Z`,
    party: n === 2 ? 'The Clinic' : 'Harbour Savings',
    end,
    asked: ['name', 'email'],
    scopes: [],
    got: end === 'done' || end === 'revoked' ? ['name'] : [],
    factors: end === 'done' ? ['otp', 'pin'] : [],
    reference: 'T7K4',
  })),
}

const DIGEST = 'notice0000000000000000000000000000000000000'
const asked = { days: 0, page: 'https://id.almaria.example/my' }

/** Every page in every state, by name. */
export const SAMPLES: Readonly<Record<string, (frame: Frame) => string>> = {
  choose: (frame) => choosePage(frame, { idTypes: ['uin', 'vid'], factors: ['otp', 'password', 'pin'], ownDevice: 'offer', limit }),
  'choose-many': (frame) =>
    choosePage(frame, {
      idTypes: ['uin', 'vid', 'phone', 'email', 'handle'],
      factors: ['otp', 'password', 'pin', 'biometrics', 'knowledge', 'wallet'],
      chosen: 'pin',
      idEnding: '1571',
      ownDevice: 'known',
    }),
  'choose-empty': (frame) =>
    choosePage(frame, { idTypes: ['uin'], factors: ['otp', 'pin'], ownDevice: 'offer', problem: { code: 'empty' }, limit }),
  'choose-one': (frame) => choosePage(frame, { idTypes: ['email'], factors: ['otp'], ownDevice: 'offer', problem: { code: 'malformed' } }),
  'choose-next': (frame) =>
    choosePage(frame, {
      idTypes: ['uin'],
      factors: ['otp', 'pin'],
      proven: ['password'],
      idEnding: '1571',
      channel: { channels: ['sms', 'email'], chosen: 'sms' },
      ownDevice: 'offer',
      limit,
    }),
  'choose-next-one': (frame) =>
    choosePage(frame, {
      idTypes: ['uin'],
      factors: ['otp'],
      proven: ['password'],
      idEnding: '1571',
      channel: { channels: ['sms', 'email'], chosen: 'all' },
      ownDevice: 'known',
      problem: { code: 'factor_unavailable' },
    }),
  'choose-kinds': (frame) => choosePage(frame, { ...kinds, chosenLoginId: 'mobile' }),
  'choose-kind': (frame) => choosePage(frame, { ...kinds, loginIds: kinds.loginIds.slice(1, 2), problem: { code: 'malformed' } }),
  knowledge: (frame) => knowledgePage(frame, questions),
  'knowledge-bad': (frame) =>
    knowledgePage(frame, {
      ...questions,
      questions: questions.questions.map((question) => ({ ...question, problem: question.kind === 'list' ? 'empty' : 'malformed' })),
      typed: { 'answer.full_name': '<b>Maya</b>', 'answer.birthdate.day': '31', 'answer.birthdate.month': '2' },
      problem: { code: 'malformed' },
    }),
  'knowledge-wrong': (frame) => knowledgePage(frame, { ...questions, problem: { code: 'factor_wrong', triesLeft: 1 } }),
  otp: (frame) => otpPage(frame, otp),
  'otp-by-email': (frame) =>
    otpPage(frame, { ...otp, channel: { channels: ['sms', 'email'], chosen: 'email' }, proven: ['password'], otherWays: false }),
  'otp-sending': (frame) => {
    const { code: _code, ...rest } = otp
    return otpPage(frame, { ...rest, state: 'sending', resend: { left: 2, from: '2026-11-24T14:28:00.000Z' }, resent: true })
  },
  'otp-failed': (frame) => {
    const { code: _code, ...rest } = otp
    return otpPage(frame, { ...rest, state: 'failed', resend: { left: 0 } })
  },
  'otp-wrong': (frame) => otpPage(frame, { ...otp, problem: { code: 'factor_wrong', triesLeft: 1 } }),
  'otp-early': (frame) =>
    otpPage(frame, { ...otp, problem: { code: 'send_too_early', from: '2026-11-24T14:28:00.000Z' }, otherWays: false }),
  pin: (frame) => pinPage(frame, { idEnding: '1571', digits: 6, otherWays: true, limit }),
  'pin-wrong': (frame) =>
    pinPage(frame, { idEnding: '1571', digits: 4, otherWays: false, problem: { code: 'factor_limited', triesLeft: 2 } }),
  password: (frame) => passwordPage(frame, { idEnding: '1571', otherWays: true, limit: { ...limit, extensible: false } }),
  'password-wrong': (frame) =>
    passwordPage(frame, { idEnding: '1571', otherWays: true, problem: { code: 'factor_wrong', triesLeft: 2 }, limit }),
  biometrics: (frame) => biometricsPage(frame, biometrics),
  'biometrics-weak': (frame) => biometricsPage(frame, { ...biometrics, problem: { code: 'malformed', capture: 'weak' } }),
  'biometrics-wrong': (frame) =>
    biometricsPage(frame, { ...biometrics, otherWays: false, problem: { code: 'factor_wrong', triesLeft: 2 } }),
  consent: (frame) =>
    consentPage(frame, {
      idEnding: '1571',
      essential,
      voluntary,
      scopes: ['profile', 'residence_certificate'],
      purpose: 'To open your savings account. The Banking Act asks every bank to know its customers.',
      days: 365,
      notice: { version: '3', digest: DIGEST },
      page: asked.page,
      links: {
        privacy: 'https://harboursavings.example/privacy',
        terms: 'https://harboursavings.example/terms',
        authority: { name: 'Data protection office', url: 'https://privacy.almaria.example/complaints' },
      },
      limit: { ...limit, secondsLeft: 118 },
    }),
  'choose-hinted': (frame) =>
    choosePage(frame, { idTypes: ['uin', 'vid'], factors: ['otp', 'pin'], hintedEnding: '1571', ownDevice: 'offer', limit }),
  'consent-verified': (frame) =>
    consentPage(frame, {
      idEnding: '1571',
      essential: [],
      voluntary: ['email'],
      scopes: [],
      verified: {
        essential: ['verified_claims.name'],
        voluntary: ['verified_claims.birthdate'],
        frameworks: ['Civil register of Almaria', '<b>Bank</b> law'],
        told: ['time', 'evidence', 'numbers', 'process'],
      },
      notice: { version: '2', digest: DIGEST },
      ...asked,
      limit,
    }),
  'consent-only': (frame) =>
    consentPage(frame, {
      idEnding: '1571',
      essential: [],
      voluntary: [],
      scopes: [],
      notice: { version: '1', digest: DIGEST },
      ...asked,
      limit,
    }),
  'consent-odd': (frame) =>
    consentPage(frame, {
      idEnding: '1571',
      essential: ['name#fr', 'https://claims.example/a very "odd" <claim>'],
      voluntary: ['x y', 'x.y'],
      scopes: [],
      notice: { version: '1', digest: DIGEST },
      ...asked,
      problem: { code: 'extensions_exhausted' },
      limit: { ...limit, extensible: false },
    }),
  my: (frame) => myPage(ownFrame(frame), MY),
  'my-empty': (frame) => myPage(ownFrame(frame), { agreements: [], logins: [], authority: 'Data protection office', limit }),
  'my-door': (frame) => myDoorPage(ownFrame(frame), { isSignedOut: false }),
  'my-out': (frame) => myDoorPage(ownFrame(frame), { isSignedOut: true }),
  error: (frame) =>
    errorPage(frame, {
      code: 'factor_unavailable',
      way: 'retry',
      back: { kind: 'form' },
      keptUntil: '2026-11-24T14:32:00.000Z',
      reference: 'T7K4-92QF',
      at: '2026-11-24T14:29:40.000Z',
    }),
  'error-unknown-client': (frame) => errorPage(withoutParty(frame), { code: 'client_unknown', reference: 'T7K4-92QF' }),
  'error-order': (frame) => errorPage(frame, { code: 'step_out_of_order', way: 'continue', back: { kind: 'form' } }),
  'error-exhausted': (frame) =>
    errorPage(frame, { code: 'attempts_exhausted', back: { kind: 'link', href: 'https://harboursavings.example/cb?error=access_denied' } }),
  expired: (frame) => expiredPage(frame, { minutes: 5, back: { kind: 'form' } }),
  'expired-without-way': (frame) => expiredPage(withoutParty(frame), { minutes: 1 }),
  check: (frame) =>
    checkPage(frame, {
      challenge: 'c'.repeat(40),
      waitS: 30,
      fields: [
        ['individual_id', '8267411571'],
        ['factor', 'pin'],
      ],
      // So much work that the page stands still while it is looked at.
      work: { challenge: 'c'.repeat(40), parts: 8, rounds: 100_000_000, bits: 8 },
      limit,
    }),
  'check-captcha': (frame) =>
    checkPage(frame, {
      challenge: 'c'.repeat(40),
      waitS: 1,
      fields: [['factor', 'pin']],
      captcha: { scriptUrl: 'https://captcha.example/api.js', siteKey: 'site', widgetClass: 'g-recaptcha' },
    }),
  wait: (frame) => waitPage(frame, { refreshS: 60, href: '/login/txn_8Qm2vT' }),
  help: (frame) => infoPage(withoutParty(frame), { topic: 'help', back: '/login/txn_8Qm2vT' }),
  privacy: (frame) => infoPage(withoutParty(frame), { topic: 'privacy' }),
  accessibility: (frame) => infoPage(withoutParty(frame), { topic: 'accessibility' }),
}

/** Sends itself by script, so it is looked at apart. */
export const formPost = (frame: Frame): string =>
  formPostPage(frame, {
    action: 'https://harboursavings.example/cb',
    fields: [
      ['code', 'txn_8Qm2vT.secret'],
      ['state', 'a "state"'],
    ],
  })

/** Every refusal as a page of its own: words only, so it is not opened in a browser. */
export const REFUSAL_SAMPLES: Readonly<Record<string, (frame: Frame) => string>> = Object.fromEntries(
  [...REFUSALS, 'fault' as const, 'bug' as const].map((code) => [
    `refusal-${code}`,
    (frame: Frame) => errorPage(frame, { code, way: 'continue' }),
  ]),
)

const demoFrame: DemoFrame = { brand, statics: statics.demoPaths, outbox: 'http://localhost:8088/demo/outbox' }

/** A grey pixel. */
const PHOTO = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkuAIAALcAsF2oTlQAAAAASUVORK5CYII='

export const DEMO_SAMPLES: Readonly<Record<string, () => string>> = {
  'demo-home': () =>
    demoHomePage(demoFrame, {
      buttons: [
        { id: 'sign-in', text: 'Sign in with eSignet', href: '/sign-in' },
        { id: 'sign-in-more', text: 'Sign in and share more', href: '/sign-in?more' },
      ],
    }),
  'demo-out': () =>
    demoHomePage(demoFrame, { buttons: [{ id: 'sign-in', text: 'Sign in with eSignet', href: '/sign-in' }], signedOut: true }),
  'demo-problem': () =>
    demoHomePage(demoFrame, {
      buttons: [{ id: 'sign-in', text: 'Sign in with eSignet', href: '/sign-in' }],
      problem: { error: 'access_denied', description: 'The person said no' },
    }),
  'demo-result': () =>
    demoResultPage(demoFrame, {
      claims: {
        sub: 'Yx1',
        name: 'Amina Delroy',
        'name#fr': 'Amina Delroy',
        'name#ar': 'أمينة ديلروي',
        birthdate: '1990-03-31',
        email_verified: true,
        address: { formatted: '12 Quay Street\nAlmar' },
        picture: PHOTO,
      },
      idToken: { iss: 'http://localhost:8088', aud: 'harbour', acr: 'mosip:idp:acr:generated-code', amr: ['otp'] },
      checks: ['The signature of the ID token', 'Issuer, audience, nonce and time', 'The signature of the details'],
      home: '/signed-out',
    }),
  'demo-outbox': () =>
    outboxPage(demoFrame, {
      messages: [
        {
          at: '2026-11-24T14:27:00.000Z',
          channel: 'sms',
          to: '+000 555 01 42',
          text: 'KQ7M: 482915 is your code for Harbour Savings Bank. @localhost #482915',
        },
      ],
      refresh: '/demo/outbox',
    }),
  'demo-outbox-empty': () => outboxPage(demoFrame, { messages: [], refresh: '/demo/outbox' }),
}
