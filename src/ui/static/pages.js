// Improves pages that already work. Nothing here is needed to sign in.
const all = (selector) => document.querySelectorAll(selector)

// What cannot work without script is hidden until here.
for (const part of all('[data-script]')) part.hidden = false

// A password can be shown, and is hidden again when it is sent.
for (const button of all('[data-show]')) {
  const field = document.getElementById(button.getAttribute('aria-controls'))
  const show = (on) => {
    field.type = on ? 'text' : 'password'
    button.textContent = on ? button.dataset.hide : button.dataset.show
  }
  button.addEventListener('click', () => show(field.type === 'password'))
  field.form.addEventListener('submit', () => show(false))
}

// The server wrote the clock time and how many seconds were left; count from there, whatever the device's clock says.
// Nothing ticks until the last minute.
const opened = Date.now()
for (const timer of all('[data-seconds]')) {
  const left = timer.querySelector('[data-left]'),
    ends = Number(timer.dataset.seconds),
    say = timer.querySelector('[role=status]')
  const spoken = new Set()
  const tick = () => {
    const seconds = Math.max(0, ends - Math.floor((Date.now() - opened) / 1000))
    left.hidden = seconds > 60
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    timer.classList.toggle('low', seconds <= 30)
    for (const mark of [60, 0])
      if (seconds <= mark && ends > mark && !spoken.has(mark)) {
        spoken.add(mark)
        say.textContent = timer.dataset[`at${mark}`]
      }
    if (seconds > 0) setTimeout(tick, 1000)
  }
  tick()
}

// One press sends once. The page coming back from the browser's cache is fresh again, and so is one whose answer was stopped.
const fresh = () => {
  for (const form of all('form')) delete form.dataset.sent
  for (const button of all('button[aria-disabled]')) button.removeAttribute('aria-disabled')
}
for (const form of all('form'))
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) return event.preventDefault()
    form.dataset.sent = 'yes'
    setTimeout(() => event.submitter?.setAttribute('aria-disabled', 'true'))
    setTimeout(fresh, 15000)
  })
addEventListener('pageshow', fresh)

// The language list closes on Escape and on a press elsewhere.
const language = document.getElementById('language')
language?.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !language.open) return
  language.open = false
  language.querySelector('summary').focus()
})
document.addEventListener('click', (event) => {
  if (language?.open && !language.contains(event.target)) language.open = false
})

// A page that waits looks again; without script its head does the same.
for (const link of all('[data-look]')) setTimeout(() => location.replace(link.href), Number(link.dataset.look) * 1000)

// A form that only carries the answer back is sent by itself; without script its button does it.
document.querySelector('form[data-send]')?.requestSubmit()
