import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { ssgParams } from 'hono/ssg'
import { clausePage, clausesPage } from './clauses.ts'
import { dataPage, guidePage, readDictionary } from './guide.ts'
import { homePage } from './home.ts'
import { holidaysPage, lawPage, lawValuePage, limitationPage, reviewPage } from './law.ts'
import { letterPage, paperChannel } from './letter-page.ts'
import { facetPage, lettersPage } from './lists.ts'
import type { Html } from './page.ts'
import { procedurePage, proceduresPage } from './procedures.ts'
import { scenarioPage, scenariosPage } from './scenarios.ts'
import { listScript, wordsScript } from './search.ts'
import { facets, letterOn, shelvesOf, shownFacts, type Shelves } from './shelves.ts'
import { fill } from '../../documents/fill.ts'
import { renderPdf } from '../../documents/letter-pdf.ts'
import type { TypstEngine } from '../../documents/typst.ts'
import type { Letter } from '../../letters/letter.ts'
import { lawIds } from '../../procedures/law/values.ts'
import { parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'

export interface SiteOptions {
  /** Sets the PDF of each letter; without it the pages show none. */
  engine?: TypstEngine
}

const asset = (name: string): string => readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8')

/** Every page of the site as a route, by its file's name: written to a folder by hono/ssg, or served as it is. */
export function siteApp(shelves: Shelves, { engine }: SiteOptions = {}): Hono {
  const app = new Hono()
  const { library, letters, scenarios, procedures } = shelves
  const dictionary = readDictionary()

  const page = (path: string, render: () => Html) => app.get(path, (c) => c.html(render()))
  const pages = <T>(folder: string, items: Map<string, T>, render: (item: T) => Html) =>
    app.get(
      `/${folder}/:file{[A-Za-z0-9-]+\\.html}`,
      ssgParams(() => [...items.keys()].map((id) => ({ file: `${id}.html` }))),
      (c) => {
        const item = items.get(c.req.param('file').slice(0, -'.html'.length))
        return item === undefined ? c.notFound() : c.html(render(item))
      },
    )
  const byId = <T extends { id: string }>(items: Iterable<T>) => new Map([...items].map((item) => [item.id, item]))

  page('/index.html', () => homePage(shelves))
  page('/courriers.html', () => lettersPage(shelves))
  page('/clauses.html', () => clausesPage(shelves))
  page('/parcours.html', () => scenariosPage(shelves))
  page('/procedures.html', () => proceduresPage(shelves))
  page('/droit.html', () => lawPage(shelves))
  page('/donnees.html', () => dataPage(shelves, dictionary))
  page('/guide.html', guidePage)
  pages('courriers', byId(letters), (letter) => letterPage(shelves, letter, { pdf: engine !== undefined, dictionary }))
  for (const facet of facets) {
    const values = new Map(shelvesOf(facet, letters).map(({ value, letters: own }) => [value, own]))
    pages(facet.folder, new Map([...values].map(([value, own]) => [value, { value, own }])), ({ value, own }) =>
      facetPage(shelves, facet, value, own),
    )
  }
  pages('clauses', byId(library.clauses.values()), (clause) => clausePage(shelves, clause))
  pages('parcours', byId(scenarios), (scenario) => scenarioPage(shelves, scenario))
  pages('procedures', byId(procedures), (procedure) => procedurePage(shelves, procedure))
  pages('droit', lawPages(shelves), (render) => render())

  app.get('/site.css', (c) => c.body(asset('site.css'), 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.get('/icone.svg', (c) => c.body(asset('icone.svg'), 200, { 'content-type': 'image/svg+xml' }))
  for (const [path, script] of [
    ['/site.js', () => asset('site.js')],
    ['/liste.js', () => listScript(shelves)],
    ['/mots.js', () => wordsScript(shelves)],
  ] as const)
    app.get(path, (c) => c.body(script(), 200, { 'content-type': 'text/javascript; charset=utf-8' }))

  if (engine) {
    const printed = letters.filter((letter) => paperChannel(letter))
    app.get(
      '/courriers/:file{[a-z0-9-]+\\.pdf}',
      ssgParams(() => printed.map(({ id }) => ({ file: `${id}.pdf` }))),
      async (c) => {
        const letter = letterOn(shelves, c.req.param('file').slice(0, -'.pdf'.length))
        try {
          const bytes = await pdfOf(shelves, letter, engine)
          return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/pdf' })
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          // The page says why; a folder has no file for it.
          return c.text(error.message, 422, { 'x-hono-disable-ssg': 'true' })
        }
      },
    )
  }
  return app
}

function lawPages(shelves: Shelves): Map<string, () => Html> {
  return new Map<string, () => Html>([
    ...lawIds().map((id): [string, () => Html] => [id, () => lawValuePage(id)]),
    ['jours-feries', holidaysPage],
    ['prescription-causes', limitationPage],
    ['a-relire', () => reviewPage(shelves)],
  ])
}

async function pdfOf(shelves: Shelves, letter: Letter, engine: TypstEngine): Promise<Uint8Array> {
  const filled = fill(shelves.library, letter, shownFacts(letter), paperChannel(letter)!)
  // Eight in the morning of the letter's day, as everywhere: the same letter gives the same bytes.
  const at = parseDay(filled.facts.date).toZonedDateTime({ timeZone: 'Europe/Paris', plainTime: '08:00' }).toInstant()
  return renderPdf(filled, engine, at, shelves.library.layout)
}
