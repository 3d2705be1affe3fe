import { codeOf } from '../procedures/mail/coupons.ts'
import type { TestApi } from './api.ts'
import { invoice, liveUntil, openCase } from './house.ts'

export interface Shown {
  status: number
  headers: Headers
  html: string
  /** What a person reads: tags away, spaces made one. */
  text: string
  path: string
}

/** A browser without a screen: cookies, redirects and forms, through the whole server. */
export function browser(api: TestApi) {
  const cookies = new Map<string, string>()

  async function go(
    path: string,
    init: { method?: string; body?: BodyInit; headers?: Record<string, string> } = {},
  ): Promise<Shown> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await api.app.request(path, {
      ...init,
      redirect: 'manual',
      headers: { ...(cookie ? { cookie } : {}), ...init.headers },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (/max-age=0/i.test(line)) cookies.delete(name!)
      else cookies.set(name!, value!)
    }
    const to = response.headers.get('location')
    if (to && response.status >= 300 && response.status < 400) return go(to)
    const html = await response.text()
    return { status: response.status, headers: response.headers, html, text: words(html), path }
  }

  return {
    cookies,
    go,
    /** Posts the form of the page shown whose action is that, its hidden fields with what is typed. */
    submit(page: Shown, action: string, typed: Record<string, string | File | File[]>): Promise<Shown> {
      const form = formsOf(page.html).find(
        (each) => each.action === action && (!('kind' in typed) || each.hidden['kind'] === typed['kind']),
      )
      if (!form) throw new Error(`no form to ${action} on ${page.path}`)
      const body = new FormData()
      for (const [name, value] of Object.entries({ ...form.hidden, ...typed }))
        for (const each of [value].flat()) body.append(name, each)
      return go(action, { method: 'POST', body, headers: { 'sec-fetch-site': 'same-origin' } })
    },
  }
}

export function formsOf(html: string): { action: string; hidden: Record<string, string> }[] {
  return [...html.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].map(([, action, inside]) => ({
    action: action!,
    hidden: Object.fromEntries(
      [...inside!.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [
        name!,
        decoded(value!),
      ]),
    ),
  }))
}

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }

const decoded = (html: string): string => html.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity]!)

export const words = (html: string): string =>
  decoded(html.replace(/<(style|script)[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]+>/g, ' '))
    .replaceAll('’', "'")
    .replace(/[\s\u00a0\u202f]+/g, ' ')

/** A case that went on to its formal notice with its coupon, and the codes printed on it. */
export async function noticed(
  api: TestApi,
  options: { number?: string; name?: string; kind?: 'business' | 'consumer' } = {},
) {
  const { number = 'F-1', name = 'Garage du Pont', kind = 'business' } = options
  const buyer = {
    name,
    address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' },
    contact: { email: 'garage@client.example', phone: '04 00 00 00 10' },
  }
  const caseId = await openCase(api, {
    on: '2026-07-02',
    invoices: [invoice({ number, issued_on: '2026-07-01', due_on: '2026-08-03', buyer })],
    kind,
  })
  await liveUntil(api, '2026-07-02', '2026-09-04')
  const [letter] = await api.sql<{ id: string; code: string; reference: string; creditorId: string }[]>`
    select d.id, d.code, d.reference, c.creditor_id
    from documents d join coupons k on k.document_id = d.id join cases c on c.id = d.case_id
    where d.case_id = ${caseId} and d.attached_to is null order by d.written_on, d.reference limit 1`
  return { caseId, ...letter!, coupon: (await codeOf(api.office, letter!.id))! }
}
