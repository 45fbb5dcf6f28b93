/** The contract of `plugin.ts` over HTTP as an OpenAPI document: `openapi.json` beside this is made of it, and a test compares them. */
import { answerSchemas, type Question } from '../answers.ts'
import { CHANNELS, FACTORS, ID_TYPES } from '../description.ts'
import type { Json } from '../plugin.ts'
import { list, object } from '../schema-parts.ts'
import { serviceSchema } from './service.ts'

const text = (maxLength: number, description?: string): Json => ({
  type: 'string',
  maxLength,
  ...(description !== undefined && { description }),
})
const instant: Json = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' }
const words: Json = { type: 'array', items: text(100), maxItems: 64 }

const call: Readonly<Record<string, Json>> = {
  idempotencyKey: text(200, 'The same key means the same act: it is answered as the first time, and nothing is done twice.'),
  deadline: { ...(instant as object), description: 'After this instant nobody waits for the answer.' },
  transaction: text(200, 'The login, for correlation.'),
  client: text(200, 'The relying party.'),
}
const id = object({ type: { enum: ID_TYPES }, value: text(320) })
const locales: Json = { ...(words as object), description: 'Languages for a message (BCP 47), best first.' }
const clientName = text(300, 'The name of the relying party.')

/** What each call asks. */
export const requestSchemas: Readonly<Record<Question, Json>> = {
  verify: object({
    ...call,
    id,
    factor: { enum: FACTORS },
    proof: text(500_000, 'What the person handed in. Never stored, never logged.'),
  }),
  send: object({
    ...{ ...call, id, factor: { const: 'otp' } },
    channels: { ...(list({ enum: CHANNELS }, { maxItems: CHANNELS.length }) as object), description: 'Empty: the ID system chooses.' },
    ...{ locales, clientName, reference: text(20, 'Short letters that stand in the message and on the page.') },
  }),
  release: object(
    {
      ...call,
      session: text(8192, 'What `verify` answered.'),
      claims: { ...(words as object), description: 'Only what the person agreed to.' },
    },
    { verified: { ...(words as object), description: 'Claims to be told with how they were verified.' } },
  ),
  resolve: object({ ...call, id }),
  notify: object({
    ...{ ...call, id },
    notice: { enum: ['failures', 'success_after_failures', 'new_device', 'new_relying_party'] },
    ...{ at: instant, locales, clientName },
  }),
}

/** A recorded fact. Further members may come. */
export const factSchema: Json = {
  type: 'object',
  required: ['id', 'stream', 'revision', 'position', 'type', 'version', 'at', 'correlation', 'data'],
  properties: {
    id: text(36, 'The same fact may come again: it has the same id.'),
    stream: text(300),
    revision: { type: 'integer', minimum: 0 },
    position: text(40, 'Grows from fact to fact.'),
    type: text(64),
    version: { type: 'integer', minimum: 1 },
    at: instant,
    correlation: text(200, 'The transaction.'),
    data: { type: 'object' },
  },
}

const healthSchema = object({ status: { enum: ['up', 'degraded', 'down'] } }, { detail: text(200) })

const SUMMARIES: Readonly<Record<Question, string>> = {
  verify: 'Who a proof belongs to: a stable key of the person, and a session for `release`.',
  send: 'Sends a one-time code.',
  release: 'The facts of a session, at most those that were asked for.',
  resolve: 'The key of the person behind an identifier, so that aliases count as one.',
  notify: 'Tells a person what happened to their identity.',
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: Json): Json => ({ 'application/json': { schema } })

const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
})

const SIGNED: readonly Json[] = [
  header('Content-Digest', 'RFC 9530: `sha-256=:<base64>:` of the body.'),
  header(
    'Signature-Input',
    'RFC 9421: `esignet=("@method" "@authority" "@path" "content-type" "content-digest");created=..;expires=..;nonce="..";keyid="..";' +
      'alg="ed25519" or "rsa-pss-sha512";tag="esignet-id-system"`. `keyid` is the thumbprint of the key (RFC 7638).',
  ),
  header(
    'Signature',
    'RFC 9421: `esignet=:<base64>:`. A question that is not signed so, is past `expires`, or has a nonce that came before, is 401.',
  ),
]

const signed = (summary: string, body: Json, responses: Json): Json => ({
  post: { summary, parameters: SIGNED, requestBody: { required: true, content: json(body) }, responses },
})

const pathOf = (name: Question): readonly (readonly [string, Json])[] => [
  [
    `/${name}`,
    signed(SUMMARIES[name], ref(`${name}-request`), {
      200: { description: 'The answer, also where it is no.', content: json(ref(`${name}-answer`)) },
      401: { description: 'The signature is not right.' },
    }),
  ],
]

/** The whole contract. */
export const openApi = (): Json => {
  const questions = Object.keys(answerSchemas) as readonly Question[]
  const get = (summary: string, name: string): Json => ({
    get: { summary, responses: { 200: { description: 'What it says.', content: json(ref(name)) } } },
  })
  return {
    openapi: '3.1.0',
    info: {
      title: 'An ID system for eSignet',
      version: '1',
      description: 'What the plugin `http` asks an ID system. What the words mean stands in adapters/id-system/plugin.ts.',
    },
    paths: {
      '/service': get('What it can do: stands in the settings of the broker.', 'service'),
      '/health': get('Whether it is up, within 3 s.', 'health'),
      ...Object.fromEntries(questions.flatMap(pathOf)),
      '/events': signed('A recorded fact of a type that it follows: in order, at least once, again until it is taken.', ref('fact'), {
        204: { description: 'Taken.' },
        401: { description: 'The signature is not right.' },
      }),
    },
    components: {
      schemas: {
        service: serviceSchema,
        health: healthSchema,
        ...Object.fromEntries(
          questions.flatMap((name) => [
            [`${name}-request`, requestSchemas[name]],
            [`${name}-answer`, answerSchemas[name]],
          ]),
        ),
        fact: factSchema,
      },
    },
  }
}
