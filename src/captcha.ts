import type { Guard } from './config.ts'
import type { Clock, Log, RemoteServices } from '../domain/ports.ts'
import { isObject } from '../domain/json.ts'

/** Whether a captcha service believes a token. What it cannot be asked about is not believed: whoever is caught by that can still wait. */
export type Captcha = (token: string) => Promise<boolean>

const TOKEN = /^[\x21-\x7e]{1,4096}$/

const readBody = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown
  } catch {
    return undefined
  }
}

/** The contract of eSignet's captcha service: right is a `response` that is not null, and no `errors`. */
export const captchaOf =
  (tools: { readonly services: RemoteServices; readonly clock: Clock; readonly log: Log }, service: Guard['captcha']): Captcha =>
  async (token) => {
    if (service === undefined || !TOKEN.test(token)) return false
    const { services, clock, log } = tools
    const request = { captchaToken: token, moduleName: service.moduleName }
    const answer = await services.post(service.validatorUrl, JSON.stringify({ requestTime: clock.now(), request }))
    if (!answer.ok) {
      log.warn('captcha_not_checked', { fault: answer.fault })
      return false
    }
    const body = readBody(answer.body)
    if (!isObject(body)) return false
    const { response, errors } = body
    return (
      response !== undefined &&
      response !== null &&
      (errors === undefined || errors === null || (Array.isArray(errors) && errors.length === 0))
    )
  }
