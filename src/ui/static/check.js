// Does what the page asks for, in the background, and sends its form. Whoever cannot waits, and then the form is sent all the same.
const form = document.getElementById('form-check')
const { challenge, parts, rounds, bits, wait } = form.dataset
const bytes = (text) => new TextEncoder().encode(text)

// Tries at once: a telephone has several cores.
const TRIES = 8

const solve = async () => {
  const key = await crypto.subtle.importKey('raw', bytes(challenge), 'PBKDF2', false, ['deriveBits'])
  const fits = async (salt) => {
    const way = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations: Number(rounds) }
    return new Uint8Array(await crypto.subtle.deriveBits(way, key, 8))[0] >> (8 - bits) === 0
  }
  const found = []
  for (let from = 0; found.length < parts; from += TRIES) {
    const numbers = Array.from({ length: TRIES }, (_, at) => from + at)
    const right = await Promise.all(numbers.map((number) => fits(`${found.length}.${number}`)))
    if (!right.includes(true)) continue
    found.push(from + right.indexOf(true))
    from = -TRIES
  }
  form.elements.solution.value = found.join('.')
}

const send = () => form.dataset.sent ?? form.requestSubmit()
if (challenge) solve().then(send, () => undefined)
setTimeout(send, wait * 1000)
