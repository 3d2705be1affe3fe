// The programs that the bench of the site times. `whole OUT DAY` makes our pages from nothing; `frame OUT FILE` sets
// contents that are ready, as `site-project.ts` left them in FILE, in the frame of every page.
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { Hono } from 'hono'
import { ssgParams, toSSG } from 'hono/ssg'
import { layout, raw } from '../../api/site/page.ts'
import { parseDay } from '../../schema/days.ts'
import { buildSite } from '../commands/site.ts'
import type { ReadyPage } from './site-project.ts'

const [what, out = '', given = ''] = process.argv.slice(2)
if (what === 'whole') await buildSite({ out, on: parseDay(given), pdf: false, history: false, search: false })
else await frame(JSON.parse(readFileSync(given, 'utf8')) as ReadyPage[])

async function frame(pages: ReadyPage[]): Promise<void> {
  const app = new Hono()
  const byPath = new Map(pages.map((page) => [page.path, page]))
  app.get(
    '/:path{.+}',
    ssgParams(() => pages.map(({ path }) => ({ path }))),
    (c) => {
      const { body, ...page } = byPath.get(c.req.param('path'))!
      return c.html(layout({ ...page, body: raw(body) }))
    },
  )
  const result = await toSSG(app, { mkdir, writeFile }, { dir: out, extensionMap: { 'text/html': 'html' } })
  if (!result.success) throw result.error ?? new Error('no page was written')
}
