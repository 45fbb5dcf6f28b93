// Speaks to biometric readers on this machine (Secure Biometric Interface 0.9.5 and 1.0). Every sentence stands in the page; nothing
// that a reader says is shown but its make, model and the end of its serial number, as text.
const scanner = document.getElementById('scanner')
const settings = JSON.parse(scanner.dataset.settings)
const form = document.getElementById('form-biometrics')
const proof = document.getElementById('biometrics')
const scan = document.getElementById('scan')
const readers = document.getElementById('readers')
const found = document.getElementById('found')
const start = document.getElementById('start-scan')
const stop = document.getElementById('stop-scan')
const look = document.getElementById('look')

// Ports that are asked at once: an old phone lives with it, and a machine that is slow to refuse is done in time.
const AT_ONCE = 16
const PORT_MS = 8000
const INFO_BYTES_MAX = 262144
const READERS_MAX = 20
const NAME_MAX = 60
const VERSIONS = ['1.0', '0.9.5']

const template = (name, value) =>
  scanner.querySelector(`template[data-${name}${value === undefined ? '' : `="${value}"`}]`).content.cloneNode(true)
const tell = (state) => {
  if (scan.dataset.state === state) return
  scan.dataset.state = state
  scan.replaceChildren(template('say', state))
}
const show = (...buttons) => {
  for (const button of [start, stop, look]) button.hidden = !buttons.includes(button)
  // One button is the one to press.
  look.className = buttons.includes(start) ? 'alt' : 'go'
}

/** The text of an answer, up to so many bytes. */
const textOf = async (answer, bytesMax) => {
  const reader = answer.body.getReader()
  const decoder = new TextDecoder()
  let size = 0
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.length
    if (size > bytesMax) {
      void reader.cancel()
      throw 'damaged'
    }
    text += decoder.decode(value, { stream: true })
  }
}

const parse = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    throw 'damaged'
  }
}

/** One request to a reader. Throws the name of a sentence: `late`, `lost` or `damaged`. */
const call = async (port, verb, path, body, ms, bytesMax, stopped) => {
  const ending = new AbortController()
  const end = () => ending.abort()
  const timer = setTimeout(end, ms)
  stopped?.addEventListener('abort', end)
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: verb,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: ending.signal,
    })
    return parse(await textOf(answer, bytesMax))
  } catch (error) {
    if (typeof error === 'string') throw error
    throw stopped?.aborted ? 'stopped' : ending.signal.aborted ? 'late' : 'lost'
  } finally {
    clearTimeout(timer)
    stopped?.removeEventListener('abort', end)
  }
}

/** What a JWT, or an object in its place, says. Only shown: who signed it is checked where the capture is. */
const claimsOf = (signed) => {
  if (signed && typeof signed === 'object') return signed
  const [first = '', payload] = String(signed).split('.')
  const bytes = Uint8Array.from(atob((payload ?? first).replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

const has = (value, word) => (Array.isArray(value) ? value : String(value).split(/[\s,|]+/)).includes(word)

const STATUSES = { ready: 'ready', busy: 'busy', notready: 'not_ready', notregistered: 'unregistered' }

/** One reader as it tells about itself, or nothing where that cannot be read. */
const readerFrom = (port, told) => {
  try {
    const info = claimsOf(told.deviceInfo)
    const identity = claimsOf(info.digitalId)
    const version = VERSIONS.find((known) => has(info.specVersion, known))
    const fits =
      info.certification === 'L1' &&
      has(info.purpose, 'Auth') &&
      info.env === settings.env &&
      version &&
      Object.hasOwn(settings.wanted, identity.type)
    const status =
      STATUSES[
        String(info.deviceStatus)
          .toLowerCase()
          .replace(/[^a-z]/g, '')
      ] ?? 'not_ready'
    return {
      port,
      version,
      type: identity.type,
      id: String(info.deviceId),
      name: `${identity.make} ${identity.model}`.slice(0, NAME_MAX),
      ending: String(identity.serialNo).slice(-4),
      status: status === 'unregistered' || fits ? status : 'unfit',
    }
  } catch {
    return undefined
  }
}

let known = []
let chosen
let searches = 0

const choose = (reader) => {
  chosen = reader
  show(start, look)
}

const list = (reader) => {
  if (known.length >= READERS_MAX) return
  const item = template('reader')
  const [input] = item.querySelectorAll('input')
  const label = item.querySelector('label')
  input.id = `reader-${known.length}`
  label.htmlFor = input.id
  item.querySelector('[data-name]').textContent = reader.name
  item.querySelector('[data-ending]').textContent = reader.ending
  label.append(template('status', reader.status))
  input.disabled = reader.status !== 'ready'
  input.addEventListener('change', () => choose(reader))
  known.push(reader)
  found.append(item)
  readers.hidden = false
  if (reader.status !== 'ready' || chosen) return
  input.checked = true
  choose(reader)
  tell('ready')
}

const ask = async (port, ms, round) => {
  const discovered = await call(port, 'MOSIPDISC', '/device', { type: 'Biometric Device' }, ms, INFO_BYTES_MAX)
  if (![discovered].flat().length) return
  const told = await call(port, 'MOSIPDINFO', '/info', undefined, settings.infoMs, INFO_BYTES_MAX)
  for (const one of [told].flat()) {
    const reader = readerFrom(port, one)
    // A new search has begun meanwhile.
    if (reader && round === searches) list(reader)
  }
}

/** What the browser lets this page do on the machine: newer ones tell the two kinds of network apart. */
const permission = async () => {
  for (const name of ['loopback-network', 'local-network-access'])
    try {
      return (await navigator.permissions.query({ name })).state
    } catch {
      // This browser does not know the name, and perhaps asks nobody.
    }
  return 'granted'
}

const search = async () => {
  const round = ++searches
  known = []
  chosen = undefined
  found.replaceChildren()
  readers.hidden = true
  show()
  tell('looking')
  const end = Date.now() + settings.discoverMs
  const ports = [...settings.ports]
  const work = async () => {
    while (ports.length && Date.now() < end && round === searches) {
      const port = ports.shift()
      // Nobody there, or somebody who is no reader: the same.
      await ask(port, Math.min(PORT_MS, end - Date.now()), round).catch(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  look.textContent = look.dataset.again
  // Whoever found a reader meanwhile may have begun.
  if (chosen || round !== searches) return
  tell(known.length ? 'unready' : (await permission()) === 'denied' ? 'blocked' : 'none')
  show(look)
}

let stopping

const requestOf = ({ type, id, version }) => {
  const { count, scoreMin, subtypes } = settings.wanted[type]
  const bio = {
    type,
    count: String(count),
    bioSubType: subtypes.length ? (subtypes.length >= count ? subtypes : Array.from({ length: count }, () => subtypes[0])) : null,
    requestedScore: String(scoreMin),
    deviceId: id,
    deviceSubId: settings.deviceSubId,
    previousHash: '',
  }
  return {
    env: settings.env,
    purpose: 'Auth',
    specVersion: version,
    timeout: String(settings.captureMs),
    captureTime: new Date().toISOString(),
    domainUri: settings.domainUri,
    transactionId: settings.transactionId,
    bio: [bio],
    customOpts: null,
  }
}

/** The entries of an answer; throws the sentence for what the reader says went wrong. */
const entriesOf = (answer) => {
  const entries = answer?.biometrics
  if (!Array.isArray(entries) || !entries.length) throw 'damaged'
  for (const entry of entries) {
    const code = String(entry?.error?.errorCode ?? '0')
    if (code !== '0' && code !== '') throw Object.hasOwn(settings.codes, code) ? settings.codes[code] : 'failed'
  }
  return entries.map(({ error, ...entry }) => entry)
}

const capture = async () => {
  const reader = chosen
  stopping = new AbortController()
  show(stop)
  tell(`live.${reader.type}`)
  stop.focus()
  try {
    const body = requestOf(reader)
    const answer = await call(reader.port, 'CAPTURE', '/capture', body, settings.captureMs, settings.answerBytesMax, stopping.signal)
    proof.value = JSON.stringify(entriesOf(answer))
    tell('done')
    show()
    form.requestSubmit()
  } catch (fault) {
    tell(typeof fault === 'string' ? fault : 'failed')
    show(start, look)
    start.focus()
  }
}

// Enter on a reader means the scan; a form without one has nothing to send.
form.addEventListener('submit', (event) => {
  if (proof.value) return
  event.preventDefault()
  event.stopImmediatePropagation()
  if (chosen && !start.hidden) void capture()
})
start.addEventListener('click', () => void capture())
stop.addEventListener('click', () => stopping.abort())
look.addEventListener('click', () => void search())

// Back from the browser's cache, or after an answer that was stopped: nothing of the scan stays.
addEventListener('pageshow', (event) => {
  proof.value = ''
  if (event.persisted) void search()
})

// A browser that asks the person should not do it out of the blue.
void permission().then((said) => {
  if (said === 'denied') tell('blocked')
  else if (said === 'prompt' && settings.asks) tell('ask')
  else return search()
  return show(look)
})
