import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Context as HttpContext } from 'hono'
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { typographyFr } from '../../documents/rendering/typography.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { amountFr, type Currency } from '../../schema/money.ts'
import { styleSheet } from '../paper.ts'

export type Html = HtmlEscapedString

/** Hono's escaping template; nothing of ours in it waits, so it is never a promise. */
export const h = html as (strings: TemplateStringsArray, ...values: unknown[]) => Html
export { raw }

const place = (name: string): URL => new URL(name, import.meta.url)

/** What the pages load, each under an address that changes with its bytes and may so be kept for ever. */
export const assets = new Map<string, { type: string; body: string; path: string }>(
  (
    [
      ['style.css', 'text/css; charset=utf-8'],
      ['portal.js', 'text/javascript; charset=utf-8'],
      ['live.js', 'text/javascript; charset=utf-8'],
    ] as const
  ).map(([name, type]) => {
    const body = name === 'style.css' ? styleSheet(place(name)) : readFileSync(place(name), 'utf8')
    const version = createHash('sha256').update(body).digest('base64url').slice(0, 10)
    return [name, { type, body, path: `/pages/${version}/${name}` }] as const
  }),
)
const asset = (name: string): string => assets.get(name)!.path

export type Script = 'portal.js' | 'live.js'

export interface Page {
  title: string
  /** The name of the agency, or of the creditor's space. */
  brand: string
  home?: string
  nav?: Html | undefined
  /** A script of `assets`; every page works without it. */
  script?: Script
  wide?: boolean
  /** Where the browser goes by itself. */
  goOn?: string
  body: unknown
  foot?: unknown
}

/** The frame of every page: language, skip link, one heading area, foot. */
export function layout({ title, brand, home, nav, script, wide = false, goOn, body, foot }: Page): Html {
  const head = `${title} – ${brand}`
  return h`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${goOn ? h`<meta http-equiv="refresh" content="0;url=${goOn}">` : ''}
<title>${head}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${asset('style.css')}">
${script ? h`<script src="${asset(script)}" defer></script>` : ''}
</head>
<body${wide ? raw(' class="wide"') : ''}>
<a class="skip" href="#contenu">Aller au contenu</a>
<header class="top">${home ? h`<a class="brand" href="${home}">${brand}</a>` : h`<span class="brand">${brand}</span>`}${nav ?? ''}</header>
<main id="contenu" tabindex="-1">
${body}
</main>
${foot ? h`<footer class="foot">${foot}</footer>` : ''}
</body>
</html>
`
}

// Nothing is loaded from elsewhere, nothing inline runs, nobody frames a page, and its forms post here alone.
const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Sends a page that nobody keeps: what it shows belongs to whoever asked. */
export function send(c: HttpContext, page: Html, status = 200): Response {
  return c.html(String(page), status as 200, {
    'content-security-policy': policy,
    'cache-control': 'no-store',
    'x-robots-tag': 'noindex',
  })
}

export const said = (text: string): string => typographyFr(text)
export const money = (cents: bigint, currency = 'EUR'): string => amountFr(cents, currency as Currency)

/** « 21 novembre 2026 », readable by machines too. */
export const dated = (day: Day): Html => h`<time datetime="${day.toString()}">${dayFr(day)}</time>`

/** A number with its noun: « 1 dossier », « 12 dossiers ». */
export const count = (n: number, one: string, many = `${one}s`): string => `${n}\u00a0${n > 1 ? many : one}`

/** The address of the agency and how to reach it, for people who would rather write or call. */
export interface Contact {
  name: string
  lines: string[]
  phone: string
  email: string
  hours: string
  manager: { name: string; phone: string; email: string }
}

export function contactBlock(contact: Contact): Html {
  return h`<address>${contact.name}<br>${contact.lines.map((line) => h`${line}<br>`)}<a href="tel:${contact.phone.replace(/[^+\d]/g, '')}">${contact.phone}</a>, ${contact.hours}<br><a href="mailto:${contact.email}">${contact.email}</a></address>`
}
