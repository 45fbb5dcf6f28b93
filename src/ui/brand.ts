import type { LanguageText } from '../../domain/ports.ts'

/** The five colours that a country sets; everything else follows or stays. CSS hex colours. */
export type Colours = {
  readonly brand: string
  readonly onBrand: string
  readonly cover: string
  readonly seal: string
  readonly link: string
}

/** What makes the pages a country's own. */
export type Brand = {
  readonly country: LanguageText
  readonly product: string
  readonly telephone: string
  /** Clock times between which somebody answers. */
  readonly hours: { readonly from: string; readonly to: string }
  readonly timeZone: { readonly id: string; readonly name: LanguageText }
  readonly links: { readonly help: string; readonly privacy: string; readonly accessibility: string }
  readonly light: Colours
  readonly dark: Colours
  /** SVG path data on a 48 x 48 field: lines in `--brand`, the sun filled in `--seal`. */
  readonly emblem: { readonly lines: readonly string[]; readonly sun: string }
}
