import { readFileSync } from 'node:fs'
import { Hono, type Context } from 'hono'
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
import { facets, shelvesOf, shownFacts, type Shelves } from './shelves.ts'
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
  const files = (folder: string, found: Map<string, Answer>) =>
    app.get(
      `/${folder}/:file`,
      // Hono asks this route what to write by its own pattern, so the pattern holds no condition.
      ssgParams(() => [...found.keys()].map((file) => ({ file }))),
      (c) => found.get(c.req.param('file'))?.(c) ?? c.notFound(),
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
  const letterOptions = { pdf: engine !== undefined, dictionary }
  files(
    'courriers',
    new Map([
      ...pages(byId(letters), (letter) => letterPage(shelves, letter, letterOptions)),
      ...(engine ? pdfs(shelves, engine) : []),
    ]),
  )
  for (const facet of facets) {
    const values = shelvesOf(facet, letters).map((shelf) => ({ id: shelf.value, ...shelf }))
    files(facet.folder, pages(byId(values), (shelf) => facetPage(shelves, facet, shelf.value, shelf.letters)))
  }
  files('clauses', pages(library.clauses, (clause) => clausePage(shelves, clause)))
  files('parcours', pages(byId(scenarios), (scenario) => scenarioPage(shelves, scenario)))
  files('procedures', pages(byId(procedures), (procedure) => procedurePage(shelves, procedure)))
  files('droit', pages(lawPages(shelves), (render) => render()))

  app.get('/site.css', (c) => c.body(asset('site.css'), 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.get('/icone.svg', (c) => c.body(asset('icone.svg'), 200, { 'content-type': 'image/svg+xml' }))
  for (const [path, script] of [
    ['/site.js', () => asset('site.js')],
    ['/liste.js', () => listScript(shelves)],
    ['/mots.js', () => wordsScript(shelves)],
  ] as const)
    app.get(path, (c) => c.body(script(), 200, { 'content-type': 'text/javascript; charset=utf-8' }))

  return app
}

type Answer = (c: Context) => Response | Promise<Response>

/** One HTML file for each item, by name. */
const pages = <T>(items: ReadonlyMap<string, T>, render: (item: T) => Html): Map<string, Answer> =>
  new Map([...items].map(([id, item]) => [`${id}.html`, (c) => c.html(render(item))]))

function pdfs(shelves: Shelves, engine: TypstEngine): Map<string, Answer> {
  const printed = shelves.letters.filter((letter) => paperChannel(letter))
  return new Map(
    printed.map((letter) => [
      `${letter.id}.pdf`,
      async (c) => {
        try {
          const bytes = await pdfOf(shelves, letter, engine)
          return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/pdf' })
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          // The page says why; a folder has no file for it.
          return c.text(error.message, 422, { 'x-hono-disable-ssg': 'true' })
        }
      },
    ]),
  )
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
