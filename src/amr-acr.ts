import { isObject } from '../domain/json.ts'
import type { Factor } from '../domain/ports.ts'
import type { Policy } from '../schemas/generated.ts'

type Acrs = Policy['assurance']['acrs']

export type ReadMapping = { readonly ok: true; readonly acrs: Acrs } | { readonly ok: false; readonly problems: readonly string[] }

/** Factors by eSignet's words. `IDT` is its own step between it and its sign-up service: no person proves anything by it here. */
const FACTOR_WORDS: Readonly<Record<string, Factor | 'none'>> = {
  OTP: 'otp',
  PIN: 'pin',
  PWD: 'password',
  BIO: 'biometrics',
  KBI: 'knowledge',
  WLA: 'wallet',
  IDT: 'none',
}

const ACR = /^[\x21-\x7e]{1,200}$/
const ACRS_MAX = 16
const FACTORS_MAX = 8

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/** One `{ type, count, subTypes }`; how many fingers it takes is what the readers' own settings say. */
const factorProblems = (at: string, item: unknown): readonly string[] => {
  if (!isObject(item)) return [`${at}: must be an object with a type`]
  const { type, count, subTypes } = item
  return [
    ...(typeof type === 'string' && Object.hasOwn(FACTOR_WORDS, type)
      ? []
      : [`${at}.type: must be one of ${Object.keys(FACTOR_WORDS).join(', ')}`]),
    ...(count === undefined || (Number.isInteger(count) && Number(count) >= 0) ? [] : [`${at}.count: must be a number of 0 or more`]),
    ...(subTypes === undefined || subTypes === null || (isList(subTypes) && subTypes.every((word) => typeof word === 'string'))
      ? []
      : [`${at}.subTypes: must be a list of words`]),
  ]
}

const amrProblems = (amr: { readonly [name: string]: unknown }): readonly string[] =>
  Object.entries(amr).flatMap(([name, items]) =>
    isList(items) && items.length > 0 && items.length <= FACTORS_MAX
      ? items.flatMap((item, index) => factorProblems(`amr.${name}.${String(index)}`, item))
      : [`amr.${name}: must be a list of 1 to ${String(FACTORS_MAX)} factors`],
  )

const acrProblems = (acrs: { readonly [acr: string]: unknown }, amr: { readonly [name: string]: unknown }): readonly string[] => {
  const entries = Object.entries(acrs)
  return [
    ...(entries.length >= 1 && entries.length <= ACRS_MAX ? [] : [`acr_amr: must name 1 to ${String(ACRS_MAX)} contexts`]),
    ...entries.flatMap(([acr, names]) => {
      if (!ACR.test(acr)) return [`acr_amr.${acr.slice(0, 64)}: is no name of a context`]
      if (!isList(names) || names.length === 0) return [`acr_amr.${acr}: must be a list of names in amr`]
      return names
        .filter((name) => typeof name !== 'string' || !Object.hasOwn(amr, name))
        .map((name) => `acr_amr.${acr}: ${String(name).slice(0, 64)} does not stand in amr`)
    }),
  ]
}

/**
 * eSignet's `amr-acr-mapping.json` as the contexts of the policy, in the order of the file, or everything that is wrong with it. All that
 * a context names is asked for, one after the other: that is when eSignet states the context, too.
 */
export const readMapping = (given: unknown): ReadMapping => {
  if (!isObject(given) || !isObject(given['amr']) || !isObject(given['acr_amr']))
    return { ok: false, problems: ['must be a JSON object with amr and acr_amr'] }
  const { amr, acr_amr: acrs } = given
  const strange = Object.keys(given).filter((member) => member !== 'amr' && member !== 'acr_amr')
  const problems = [...strange.map((member) => `${member.slice(0, 64)}: is not known here`), ...amrProblems(amr), ...acrProblems(acrs, amr)]
  if (problems.length > 0) return { ok: false, problems }
  // Checked just above, word for word.
  const methods = amr as { readonly [name: string]: readonly { readonly type: string }[] }
  const rows = Object.entries(acrs as { readonly [acr: string]: readonly string[] }).map(([acr, names]) => {
    const words = names.flatMap((name) => methods[name] ?? []).map(({ type }) => FACTOR_WORDS[type] ?? 'none')
    return { acr, factors: [...new Set(words)] }
  })
  const useful = rows.filter((row): row is { acr: string; factors: Factor[] } => !row.factors.includes('none'))
  if (useful.length === 0) return { ok: false, problems: ['acr_amr: no context is left that a person can meet here'] }
  const tooMany = useful.filter(({ factors }) => factors.length > FACTORS_MAX).map(({ acr }) => `acr_amr.${acr}: asks for too many factors`)
  return tooMany.length > 0 ? { ok: false, problems: tooMany } : { ok: true, acrs: useful as unknown as Acrs }
}
