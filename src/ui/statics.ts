import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Brand } from './brand.ts'
import { readStatic } from './static-files.ts'
import { compact, iconSvg, stylesheet } from './theme.ts'
import type { StaticPaths } from './views.ts'

/** A file served with `Cache-Control: public, max-age=31536000, immutable`: its path changes with its content. */
export type StaticFile = {
  readonly path: string
  readonly type: string
  readonly body: Buffer
  /** Compressed on first use, then kept. */
  readonly gzip: Buffer
  readonly brotli: Buffer
}

export type Statics = {
  readonly paths: StaticPaths
  /** The demo relying party's: the same stylesheet with its own look behind it, and its logo. */
  readonly demoPaths: StaticPaths & { readonly logo: string }
  /** Of the page for biometric readers alone. */
  readonly readerPaths: { readonly js: string; readonly css: string }
  readonly files: readonly StaticFile[]
}

/** Characters of the hash in a path: 60 bits, so that two contents never share one. */
const HASH_LENGTH = 10

/** A good ratio at 2 ms a file; the highest level costs 60 ms for 2 % less. */
const BROTLI_QUALITY = 9

const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}

const staticFile = (name: string, extension: string, type: string, content: string): StaticFile => {
  const body = Buffer.from(content, 'utf8')
  const hash = createHash('sha256').update(body).digest('base64url').replace(/[-_]/g, 'x').slice(0, HASH_LENGTH)
  const gzip = once(() => gzipSync(body, { level: 9 }))
  const brotli = once(() =>
    brotliCompressSync(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    }),
  )
  return {
    path: `/static/${name}.${hash}.${extension}`,
    type,
    body,
    get gzip() {
      return gzip()
    },
    get brotli() {
      return brotli()
    },
  }
}

const CSS = 'text/css; charset=utf-8'
const JS = 'text/javascript; charset=utf-8'
const SVG = 'image/svg+xml'

/** Everything that pages load besides their HTML, made once at the start. */
export const makeStatics = (brand: Brand): Statics => {
  const css = staticFile('pages', 'css', CSS, stylesheet(brand))
  const js = staticFile('pages', 'js', JS, readStatic('pages.js'))
  const check = staticFile('check', 'js', JS, readStatic('check.js'))
  const icon = staticFile('icon', 'svg', SVG, iconSvg(brand))
  const readerJs = staticFile('biometrics', 'js', JS, readStatic('biometrics.js'))
  const readerCss = staticFile('biometrics', 'css', CSS, compact(readStatic('biometrics.css')))
  const demoCss = staticFile('demo', 'css', CSS, stylesheet(brand, 'demo.css'))
  const logo = staticFile('harbour', 'svg', SVG, readStatic('harbour.svg'))
  return {
    paths: { css: css.path, js: js.path, icon: icon.path, check: check.path },
    demoPaths: { css: demoCss.path, js: js.path, icon: logo.path, check: check.path, logo: logo.path },
    readerPaths: { js: readerJs.path, css: readerCss.path },
    files: [css, js, check, icon, readerJs, readerCss, demoCss, logo],
  }
}
