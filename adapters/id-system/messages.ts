import type { MessagePort } from 'node:worker_threads'

/** What crosses between the broker and a plugin's thread: texts, each of them bounded before it is read (rule 42). */

/** What the broker asks a thread. `text` is JSON; `now` lets the plugin's clock go as the broker's does. */
export type ToThread = { readonly id: number; readonly call: string; readonly text: string; readonly now: string }

export type FromThread =
  | { readonly kind: 'answer'; readonly id: number; readonly text: string }
  /** It threw; the class of what was thrown, for its message may hold what a person typed. */
  | { readonly kind: 'threw'; readonly id: number; readonly name: string }
  /** Its answer is no data, or too long. */
  | { readonly kind: 'unfit'; readonly id: number }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly event: string; readonly text: string }

/** Members of an open plugin that are asked by their name; `on` is asked as `on.<type>`. */
export const MEMBERS = ['verify', 'release', 'send', 'resolve', 'notify'] as const

/** Bytes (UTF-8 JSON) of the longest answer. A face picture and every claim in twenty languages fit ten times over. */
export const ANSWER_BYTES_MAX = 1024 * 1024

/** Lines of log that a thread may write in a second; what is more is counted and told in one line. */
export const LOG_LINES_PER_SECOND = 20

/** Characters (JSON) of the fields of a line. */
export const LOG_CHARS_MAX = 1000

/** What a thread is started with. */
export type ThreadData = {
  readonly port: MessagePort
  readonly specifier: string
  readonly settings: { readonly [key: string]: unknown }
  readonly dataDirectory: string
  readonly compileCache?: string
}
