import type { Brand, Colours } from './brand.ts'
import { readStatic } from './static-files.ts'

type Rgb = readonly [red: number, green: number, blue: number]

const rgbOf = (colour: string): Rgb => {
  const full = colour.length === 4 ? colour.replace(/[0-9a-f]/gi, '$&$&') : colour
  const value = Number.parseInt(full.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

const hexOf = (rgb: Rgb): string => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`

/** `share` of the other colour, 0 to 1. Done here and not by `color-mix`, which older browsers do not know. */
const mix = (colour: string, other: string, share: number): string => {
  const [a, b] = [rgbOf(colour), rgbOf(other)]
  return hexOf([a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share])
}

/** WCAG 2.2, relative luminance. */
const luminance = (colour: string): number => {
  const [red, green, blue] = rgbOf(colour).map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** WCAG 2.2, contrast ratio: 1 to 21. */
export const contrast = (one: string, other: string): number => {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
}

/** The grounds of `pages.css` that a country's colours stand on. */
export const GROUNDS = {
  light: { paper: '#ecebe5', sheet: '#fffefc', sunk: '#f4f3ee', onCover: '#ffffff', onCoverSoft: '#d9e8e5' },
  dark: { paper: '#0d1312', sheet: '#161f1d', sunk: '#1e2927', onCover: '#ffffff', onCoverSoft: '#d9e8e5' },
} as const

/** The primary button under the pointer: further from its text, so contrast only grows. */
const pressOf = (colours: Colours): string => mix(colours.brand, luminance(colours.onBrand) > 0.5 ? '#000000' : '#ffffff', 0.3)

const TEXT_MIN = 4.5
const CONTROL_MIN = 3

/** What of a brand cannot be read by everybody (WCAG 2.2, 1.4.3 and 1.4.11), in words; empty when all can. */
export const contrastProblems = (brand: Pick<Brand, 'light' | 'dark'>): readonly string[] =>
  (['light', 'dark'] as const).flatMap((scheme) => {
    const [colours, ground] = [brand[scheme], GROUNDS[scheme]]
    const pairs: readonly (readonly [what: string, one: string, other: string, least: number])[] = [
      ['onBrand on brand', colours.onBrand, colours.brand, TEXT_MIN],
      ['onBrand on brand under the pointer', colours.onBrand, pressOf(colours), TEXT_MIN],
      ['link on the leaf', colours.link, ground.sheet, TEXT_MIN],
      ['link on the page', colours.link, ground.paper, TEXT_MIN],
      ['link on a notice', colours.link, ground.sunk, TEXT_MIN],
      ['text on cover', ground.onCover, colours.cover, TEXT_MIN],
      ['hint on cover', ground.onCoverSoft, colours.cover, TEXT_MIN],
      ['brand on the leaf', colours.brand, ground.sheet, CONTROL_MIN],
      ['brand on the page', colours.brand, ground.paper, CONTROL_MIN],
      ['seal on the leaf', colours.seal, ground.sheet, CONTROL_MIN],
    ]
    return pairs
      .filter(([, one, other, least]) => contrast(one, other) < least)
      .map(([what, one, other, least]) => `${scheme}: ${what} is ${contrast(one, other).toFixed(2)} to 1, needs ${least}`)
  })

const svgUrl = (svg: string): string =>
  `url("data:image/svg+xml,${svg.replaceAll('<', '%3C').replaceAll('>', '%3E').replaceAll('#', '%23')}")`

/** The line pattern across the top: two strands in the seal's and the brand's colour. */
const braid = ({ seal, brand }: Colours): string =>
  svgUrl(
    `<svg xmlns='http://www.w3.org/2000/svg' width='96' height='12' fill='none' stroke='${seal}' stroke-width='.8'>` +
      `<path d='M0 6c16-8 32-8 48 0s32 8 48 0M0 6c16 8 32 8 48 0s32-8 48 0M0 6c16-4 32-4 48 0s32 4 48 0M0 6c16 4 32 4 48 0s32-4 48 0'/>` +
      `<path stroke='${brand}' d='M-24 6C-8-2 8-2 24 6s32 8 48 0 32-8 48 0M-24 6c16 8 32 8 48 0s32-8 48 0 32 8 48 0'/></svg>`,
  )

/** The rosette on the cover. */
const rosette = ({ seal }: Colours): string => {
  const turned = (id: string, steps: readonly number[]): string =>
    steps.map((step) => `<use href='#${id}'${step === 0 ? '' : ` transform='rotate(${step})'`}/>`).join('')
  const petals = [0, 7.5, 15].map((step) => `<ellipse rx='98' ry='36'${step === 0 ? '' : ` transform='rotate(${step})'`}/>`).join('')
  return svgUrl(
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='-100 -100 200 200' fill='none' stroke-width='.55'>` +
      `<defs><g id='a'>${petals}</g><g id='b'>${turned('a', [0, 22.5, 45, 67.5])}</g></defs>` +
      `<g stroke='#fff' stroke-opacity='.15'>${turned('b', [0, 90])}</g>` +
      `<g stroke='${mix(seal, '#ffffff', 0.2)}' stroke-opacity='.3' transform='scale(.62) rotate(3)'>${turned('b', [0, 90])}</g></svg>`,
  )
}

const declarations = (colours: Colours): string =>
  [
    `--brand:${colours.brand}`,
    `--on-brand:${colours.onBrand}`,
    `--press:${pressOf(colours)}`,
    `--cover:${colours.cover}`,
    `--seal:${colours.seal}`,
    `--link:${colours.link}`,
  ].join(';')

/** Comments and line breaks cost bytes and say nothing to a browser. No string in the stylesheet holds either. */
export const compact = (css: string): string =>
  css
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/\n\s*/g, '\n')
    .replace(/\n+/g, '\n')
    .replace(/([{;,]) ?\n/g, '$1')
    .replace(/\n}/g, '}')
    .replace(/ \{ ?/g, '{')
    .replace(/; \}/g, '}')
    .replace(/([a-z-]): (?=[^{}]*[;}])/g, '$1:')
    .trim()

/**
 * The stylesheet with the country's theme before it: a `style` element or attribute would need a hole in the Content-Security-Policy.
 * Higher contrast and forced colours stand later in the file and win.
 */
export const stylesheet = (brand: Pick<Brand, 'light' | 'dark'>, ...more: readonly string[]): string => {
  const theme =
    `:root{${declarations(brand.light)};--braid:${braid(brand.light)};--rosette:${rosette(brand.dark)}}` +
    `@media (prefers-color-scheme:dark){:root{${declarations(brand.dark)}}}`
  return `${theme}\n${['pages.css', ...more].map((file) => compact(readStatic(file))).join('\n')}`
}

/** The favicon: the emblem on the cover's colour. */
export const iconSvg = (brand: Brand): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" fill="none" stroke="#fff" stroke-width="2"><circle cx="24" cy="24" r="24" fill="${brand.light.cover}" stroke="none"/>` +
  `<path d="${brand.emblem.sun}" fill="${mix(brand.light.seal, '#ffffff', 0.3)}" stroke="none"/>${brand.emblem.lines
    .slice(1)
    .map((line) => `<path d="${line}"/>`)
    .join('')}</svg>`
