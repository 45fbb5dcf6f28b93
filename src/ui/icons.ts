import { type Html, html, raw } from './html.ts'
import type { Brand } from './brand.ts'

const PATHS = {
  alert: '<path d="M12 4l9 16H3z"/><path d="M12 10v4.5M12 17.2v.1"/>',
  back: '<path d="M15 5l-7 7 7 7"/>',
  check: '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
  clock: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
  globe: '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18"/>',
  info: '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>',
  shield: '<path d="M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z"/><path d="M9 12l2.2 2.2L15.5 10"/>',
  leave: '<path d="M14 4h5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-5M10 8l-4 4 4 4M6 12h9"/>',
  device: '<rect x="4" y="4" width="16" height="11" rx="1.5"/><path d="M2 19h20"/>',
  otp: '<path d="M4 5h16v11H10l-5 4v-4H4z"/><path d="M8 10.5h8"/>',
  password: '<rect x="5" y="11" width="14" height="9" rx="1.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>',
  pin: '<rect x="5" y="3" width="14" height="18" rx="2"/><path d="M9 8h.01M12 8h.01M15 8h.01M9 12h.01M12 12h.01M15 12h.01M9 16h.01M12 16h.01M15 16h.01"/>',
  biometrics:
    '<path d="M6 17c1-2 1-4 1-6a5 5 0 0 1 10 0c0 3-.3 5.5-1 8M12 11c0 4-.5 7-2 9.5M4 13v-2a8 8 0 0 1 12-7M20 11c0 1.5 0 3-.2 4.5"/>',
  face: '<circle cx="12" cy="12" r="9"/><path d="M8.5 9.5v.1M15.5 9.5v.1M8.5 15c2 1.8 5 1.8 7 0"/>',
  eye: '<path d="M2.5 12C5 7.5 8.5 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-6 6.5-9.5 6.5S5 16.5 2.5 12z"/><circle cx="12" cy="12" r="3"/>',
  barred: '<circle cx="12" cy="12" r="9"/><path d="M6 6l12 12"/>',
  search: '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/>',
  knowledge:
    '<rect x="3" y="5" width="18" height="14" rx="2"/><circle cx="8.5" cy="11" r="2"/><path d="M5.5 16c.5-2 5.5-2 6 0M14.5 10H18M14.5 14H18"/>',
  wallet: '<rect x="7" y="2.5" width="10" height="19" rx="2"/><path d="M11 18.5h2"/>',
} as const

export type IconName = keyof typeof PATHS

/** Width, height, fill and stroke stand on the element, so that an icon is an icon without the stylesheet too. */
export const icon = (name: IconName, flip = false): Html =>
  raw(
    `<svg class="${flip ? 'i flip' : 'i'}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" aria-hidden="true">${PATHS[name]}</svg>`,
  )

export const emblem = (brand: Brand): Html =>
  html`<svg class="emblem" width="44" height="44" viewBox="0 0 48 48" fill="none" stroke="currentColor" aria-hidden="true">
    <circle cx="24" cy="24" r="18.5" stroke-width=".75" stroke-dasharray="1.5 1.5" />
    <path class="sun" d="${brand.emblem.sun}" />
    ${brand.emblem.lines.map((line) => html`<path d="${line}" />`)}
  </svg>`
