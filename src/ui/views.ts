/**
 * What the doors hand to the pages: plain data, already decided. A page adds words and markup, and decides nothing.
 * Texts in a view come from strangers (relying parties, ID systems): the pages clip, isolate and escape them.
 */
import type { AnswerProblem } from '../../domain/knowledge.ts'
import type { Channel, Factor, IdType, Instant, Modality } from '../../domain/ports.ts'
import type { Told } from '../../domain/verified/consent.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import type { CaptureFamily } from '../biometrics/faults.ts'
import type { Wanted } from '../biometrics/settings.ts'
import type { Brand } from './brand.ts'
import type { Language } from './language.ts'

export type { Language }

export type Direction = 'ltr' | 'rtl'

/** A page of the person: pure, and the whole document. */
export type Page<View> = (frame: Frame, view: View) => string

/** Where the browser gets what a page needs besides its HTML. `statics.ts` makes them. */
export type StaticPaths = { readonly css: string; readonly js: string; readonly icon: string; readonly check: string }

/** Who asks. Set only when the client and its redirect URI are known to be good; otherwise the page has no cover. */
export type Party = {
  readonly name: string
  /** Host of the redirect URI, in punycode. */
  readonly host: string
}

export type LanguageLink = {
  readonly tag: Language
  /** A GET that shows the same page in that language and changes nothing else. */
  readonly href: string
  readonly current: boolean
}

/** What every page has in common. */
export type Frame = {
  readonly language: Language
  readonly languages: readonly LanguageLink[]
  readonly dir: Direction
  readonly brand: Brand
  /** Origin of the pages, such as `https://id.almaria.example`: shown to be compared with the address bar. */
  readonly issuer: string
  readonly statics: StaticPaths
  readonly party?: Party
  /** Goes into each form as the hidden field `csrf`. */
  readonly csrf?: string
  /** Path of the transaction, such as `/login/<id>`; forms post below it. */
  readonly base?: string
}

/** A limit in time: the clock time is written, the seconds left are for the script, whatever the device's clock says. */
export type Limit = {
  readonly until: Instant
  readonly secondsLeft: number
  /** Shows "I need more time" (form `form-extend`, `${base}/extend`) and is false when no extension is left. */
  readonly extensible: boolean
}

/** What was wrong with what the person just sent. Everything else is an `errorPage`. */
export type Problem = {
  /** `empty` and `malformed`: the page's field was left empty, or cannot be one. Otherwise the refusal. */
  readonly code: RefusalCode | 'empty' | 'malformed'
  /** Tries left in this sign-in; never the person's own counter (rule 22). */
  readonly triesLeft?: number
  /** `send_too_early` and the like: when it can be done. */
  readonly from?: Instant
  /** What was wrong with the answer of a biometric reader. */
  readonly capture?: CaptureFamily
}

/** One kind of identifier to choose from, as the operator set it. */
export type LoginIdView = {
  readonly id: string
  readonly name: string
  readonly type: IdType
  /** Of the field. */
  readonly lengthMax: number
  /** Written before the field: the person does not type it. */
  readonly prefix?: string
  /** To choose from; posted as `prefix.<id>`. */
  readonly prefixes?: readonly { readonly value: string; readonly name: string }[]
}

/** Where a code may be sent: `all` is every way. The same for everybody, whatever they have (rule 22). */
export type ChannelChoice = { readonly channels: readonly Channel[]; readonly chosen: Channel | 'all' }

/** Posts `individual_id`, `factor`, perhaps `login_id`, `channel`, `own_device=yes`, `action=continue` to `${base}/choose`. */
export type ChooseView = {
  /** What a person may type; the wording of the label and the keyboard follow. */
  readonly idTypes: readonly IdType[]
  /** Kinds to choose from; absent: whatever the ID system knows, told apart by its form. */
  readonly loginIds?: readonly LoginIdView[]
  readonly chosenLoginId?: string
  /** Where the way to the person can be chosen, and a code is among the factors. */
  readonly channel?: ChannelChoice
  /** Best first; the first is chosen unless `chosen` says otherwise. One only: a hidden field, no question. */
  readonly factors: readonly Factor[]
  readonly chosen?: Factor
  /** What the person proved already: the question is only how to go on, and as the same person. */
  readonly proven?: readonly Factor[]
  /**
   * Last characters of the id that this transaction holds already: the person may then leave the field empty to keep it
   * (WCAG 2.2, 3.3.7: nothing is asked twice).
   */
  readonly idEnding?: string
  /** The same, of an id that nobody typed: the relying party named it. */
  readonly hintedEnding?: string
  /** `offer` shows the unticked box "this is my own device" (rule 21); `known` says that it is remembered. */
  readonly ownDevice: 'offer' | 'known'
  readonly limit?: Limit
  readonly problem?: Problem
}

/** Posts what was chosen once more to `${base}/choose`, with `challenge` and `solution`, or the field of a captcha's widget. */
export type CheckView = {
  readonly challenge: string
  /** After so many seconds it may be sent without having worked. */
  readonly waitS: number
  /** What was typed and chosen before. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly work?: { readonly challenge: string; readonly parts: number; readonly rounds: number; readonly bits: number }
  readonly captcha?: { readonly scriptUrl: string; readonly siteKey: string; readonly widgetClass: string }
  readonly limit?: Limit
}

/** Posts `otp`, `action=continue` to `${base}/otp`; `action=resend` to `${base}/resend`. The same for known and unknown ids (rule 22). */
export type OtpView = {
  readonly idEnding: string
  /** What the message begins with. */
  readonly reference: string
  /** Digits of a code. */
  readonly digits: number
  /** `sending`: accepted and not yet reported; `sent`; `failed`: it could not be sent. */
  readonly state: 'sending' | 'sent' | 'failed'
  /** How long the code works. */
  readonly code?: { readonly until: Instant; readonly secondsLeft: number }
  /** `from`: too early until then (the button works nevertheless). */
  readonly resend: { readonly left: number; readonly from?: Instant }
  /** Which way the code was asked to go, where there was something to choose. */
  readonly channel?: ChannelChoice
  readonly proven?: readonly Factor[]
  /** True when this page answers a press on "send a new code". */
  readonly resent?: boolean
  readonly otherWays: boolean
  readonly limit?: Limit
  readonly problem?: Problem
}

/** Posts `pin`, `action=continue` to `${base}/pin`. */
export type PinView = {
  readonly idEnding: string
  /** Digits of a PIN where all have the same length. */
  readonly digits?: number
  readonly proven?: readonly Factor[]
  readonly otherWays: boolean
  readonly limit?: Limit
  readonly problem?: Problem
}

/** Posts `password`, `action=continue` to `${base}/password`. */
export type PasswordView = {
  readonly idEnding: string
  readonly proven?: readonly Factor[]
  readonly otherWays: boolean
  readonly limit?: Limit
  readonly problem?: Problem
}

/** A question in the words of the ID system, in the language of the page. */
export type Question = {
  /** Of the field: `answer.<name>`, for a date `answer.<name>.day`, `.month` and `.year`. */
  readonly name: string
  readonly title: string
  readonly kind: 'text' | 'date' | 'list'
  readonly options?: readonly { readonly value: string; readonly title: string }[]
  readonly needed: boolean
  readonly lengthMax: number
  readonly problem?: AnswerProblem
}

/** Posts `answer.<name>` for each question, `action=continue` to `${base}/knowledge`. */
export type KnowledgeView = {
  readonly idEnding: string
  readonly proven?: readonly Factor[]
  readonly questions: readonly Question[]
  /** What was typed, by the name of the field, where it was not handed in: nothing is typed twice. */
  readonly typed: Readonly<Record<string, string>>
  readonly otherWays: boolean
  readonly limit?: Limit
  readonly problem?: Problem
}

/** What a person is told before agreeing, and what the record of it keeps: nothing of the person, nothing of the day. */
export type NoticeView = {
  /** Names of claims and scopes: each is the value of its checkbox and the key of its label. */
  readonly essential: readonly string[]
  readonly voluntary: readonly string[]
  readonly scopes: readonly string[]
  /** Claims that are asked for as verified ones, and what is told with them of how they were verified. */
  readonly verified?: {
    readonly essential: readonly string[]
    readonly voluntary: readonly string[]
    /** The trust frameworks that would do, as the ID system calls them. */
    readonly frameworks: readonly string[]
    readonly told: readonly Told[]
  }
  /** The relying party's words. */
  readonly purpose?: string
  /** For how many days the same request is not asked again. 0: it is asked each time. */
  readonly days: number
  readonly notice: { readonly version: string }
  /** Where people see and take back what they agreed to: an absolute URL. */
  readonly page: string
  readonly links?: {
    readonly privacy?: string
    readonly terms?: string
    /** Where people complain about how their details are used. */
    readonly authority?: { readonly name: string; readonly url: string }
  }
}

/** Posts `biometrics`, the reader's answer, to `${base}/biometrics`. Needs script: without it the page leads to the other ways. */
export type BiometricsView = PasswordView & {
  /** What the script needs to speak to readers: no words, nothing of the person. */
  readonly reader: ReaderSettings
  /** The page's own script and looks. */
  readonly statics: { readonly js: string; readonly css: string }
}

/** Times in milliseconds. */
export type ReaderSettings = {
  readonly ports: readonly number[]
  readonly discoverMs: number
  readonly infoMs: number
  readonly captureMs: number
  readonly env: string
  readonly domainUri: string
  /** What the reader signs: good for this attempt. */
  readonly transactionId: string
  readonly deviceSubId: string
  readonly wanted: Readonly<Partial<Record<Modality, Wanted>>>
  /** Error codes of readers to sentences of the page. */
  readonly codes: Readonly<Record<string, CaptureFamily>>
  readonly answerBytesMax: number
  /** The browser asks the person before it lets a page of this address speak to the device. */
  readonly asks: boolean
}

/** Posts `claims` and `scopes` (each none, one or many), `notice` and `action` `accept` or `cancel` to `${base}/consent`. */
export type ConsentView = NoticeView & {
  readonly idEnding: string
  /** Of the notice on this page: goes into the form, so that nobody agrees to one that changed meanwhile. */
  readonly notice: { readonly version: string; readonly digest: string }
  readonly limit?: Limit
  readonly problem?: Problem
}

/** The way back to the relying party: a post that ends the transaction (`${base}/cancel`), or a link where nothing is left to end. */
export type WayBack = { readonly kind: 'form' } | { readonly kind: 'link'; readonly href: string }

/** Something did not work. Retry posts `action=retry` to `${base}/restart`. */
export type ErrorView = {
  /** `fault`: the world failed (503). `bug`: we failed (500). */
  readonly code: RefusalCode | 'fault' | 'bug'
  /** `retry`: what was begun can go on. `continue`: a link to where the sign-in stands (`${base}`). */
  readonly way?: 'retry' | 'continue'
  readonly back?: WayBack
  /** What was begun is still there until then. */
  readonly keptUntil?: Instant
  /** Short, without 0 O 1 I L; says nothing about the person. */
  readonly reference?: string
  readonly at?: Instant
}

/** Time ran out. */
export type ExpiredView = {
  /** How long it was open. */
  readonly minutes: number
  readonly back?: WayBack
}

/** The message is still on its way: asks again by itself, also without script. The server bounds how often. */
export type WaitView = {
  readonly refreshS: number
  /** Where to look again; a GET of our own. */
  readonly href: string
}

/** OAuth 2.0 Form Post Response Mode: works by a button; the script presses it. */
export type FormPostView = {
  readonly action: string
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** What the person agreed to with one relying party. */
export type MyAgreement = {
  readonly consent: string
  /** The relying party's name. */
  readonly party: string
  readonly status: 'given' | 'refused' | 'expired' | 'withdrawn' | 'revoked'
  /** Since when it stands like this. */
  readonly at: Instant
  /** Absent where it stood for one sign-in only. */
  readonly until?: Instant
  readonly givenAt?: Instant
  readonly claims: readonly string[]
  readonly scopes: readonly string[]
  readonly refused: readonly string[]
  readonly purpose?: string
  /** Its privacy notice: whom to ask to delete what it got. */
  readonly privacy?: string
  readonly receipts: readonly { readonly revision: number; readonly at: Instant }[]
}

export type MyLogin = {
  readonly at: Instant
  readonly party: string
  readonly end: 'done' | 'cancelled' | 'denied' | 'failed' | 'expired' | 'open' | 'revoked' | 'error'
  readonly asked: readonly string[]
  readonly scopes: readonly string[]
  readonly got: readonly string[]
  readonly factors: readonly Factor[]
  readonly reference: string
}

/** Posts `consent` to `/my/withdraw`; `/my/extend` and `/my/logout` take the form's token alone. */
export type MyView = {
  readonly agreements: readonly MyAgreement[]
  readonly logins: readonly MyLogin[]
  readonly older?: string
  readonly newer?: string
  /** The relying party whose agreement was just taken back. */
  readonly withdrawn?: string
  /** Where people complain, in the page's language. */
  readonly authority: string
  readonly limit?: Limit
}

export type InfoTopic = 'help' | 'privacy' | 'accessibility'
/** The pages behind the footer's links. */
export type InfoView = {
  readonly topic: InfoTopic
  /** Where the reader came from, when that is a page of ours. */
  readonly back?: string
}

// ------------------------------------------------------------------------------------------- the demo relying party

/** The demo's own frame: another origin, another house. English only. */
export type DemoFrame = {
  readonly brand: Brand
  /** `demoPaths` of the statics. */
  readonly statics: StaticPaths & { readonly logo: string }
  /** Where codes that were "sent" can be read, as an absolute link. */
  readonly outbox: string
}

export type DemoHomeView = {
  readonly buttons: readonly { readonly id: string; readonly text: string; readonly href: string }[]
  readonly signedOut?: boolean
  /** The error that came back from the broker. */
  readonly problem?: { readonly error: string; readonly description?: string }
}

/** The verified userinfo as the relying party received it. */
export type DemoResultView = {
  readonly claims: Readonly<Record<string, unknown>>
  readonly idToken: Readonly<Record<string, unknown>>
  /** What was checked, in words. */
  readonly checks: readonly string[]
  readonly home: string
}

export type OutboxView = {
  /** Newest first. */
  readonly messages: readonly { readonly at: Instant; readonly channel: string; readonly to: string; readonly text: string }[]
  readonly refresh: string
}
