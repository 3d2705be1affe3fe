import { readFileSync } from 'node:fs'
import { Hono, type Context } from 'hono'
import { ssgParams } from 'hono/ssg'
import { clausePage, clausesPage } from './clauses.ts'
import { ordinaryLetter, paperChannel } from './examples.ts'
import { dataPage, guidePage, readDictionary } from './guide.ts'
import { homePage } from './home.ts'
import { articlesPage, holidaysPage, lawPage, lawValuePage, limitationPage, reviewPage, unreadPage } from './law.ts'
import { letterPage } from './letter-page.ts'
import { facetPage, lettersPage } from './lists.ts'
import type { Html } from './page.ts'
import { procedurePage, proceduresPage } from './procedures.ts'
import { scenarioPage, scenariosPage } from './scenarios.ts'
import { listScript, wordsScript } from './search.ts'
import { facets, shelvesOf, type Shelves } from './shelves.ts'
import { styleSheet } from '../paper.ts'
import { renderPdf } from '../../documents/rendering/pdf.ts'
import type { TypstEngine } from '../../documents/typst/typst.ts'
import type { Letter } from '../../letters/letter.ts'
import { lawIds } from '../../procedures/law/values.ts'
import { parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'

export interface SiteOptions {
  /** Sets the PDF of each letter; without it the pages show none. */
  engine?: TypstEngine
}

const place = (name: string): URL => new URL(`./assets/${name}`, import.meta.url)
const asset = (name: string): string => readFileSync(place(name), 'utf8')

/** Every page of the site as a route, by its file's name: written to a folder by hono/ssg, or served as it is. */
export function siteApp(shelves: Shelves, { engine }: SiteOptions = {}): Hono {
  const app = new Hono()
  // A page that cannot be made stops whoever asked for it: a folder with a hole in it would look whole.
  app.onError((error) => {
    throw error
  })
  const { library, letters, scenarios, procedures } = shelves
  const dictionary = readDictionary()

  const files = (folder: string, found: Map<string, Answer>) =>
    app.get(
      `${folder}/:file`,
      // Hono asks this route what to write by its own pattern, so the pattern holds no condition.
      ssgParams(() => [...found.keys()].map((file) => ({ file }))),
      (c) => found.get(c.req.param('file'))?.(c) ?? c.notFound(),
    )
  const byId = <T extends { id: string }>(items: Iterable<T>) => new Map([...items].map((item) => [item.id, item]))

  const top: [string, () => Html][] = [
    ['index', () => homePage(shelves)],
    ['courriers', () => lettersPage(shelves)],
    ['clauses', () => clausesPage(shelves)],
    ['parcours', () => scenariosPage(shelves)],
    ['procedures', () => proceduresPage(shelves)],
    ['droit', () => lawPage(shelves)],
    ['donnees', () => dataPage(shelves, dictionary)],
    ['guide', guidePage],
  ]
  files('', new Map([...pages(new Map(top), (render) => render()), ...assets(shelves)]))
  const letterOptions = { pdf: engine !== undefined, dictionary }
  files(
    '/courriers',
    new Map([
      ...pages(byId(letters), (letter) => letterPage(shelves, letter, letterOptions)),
      ...(engine ? pdfs(shelves, engine) : []),
    ]),
  )
  for (const facet of facets) {
    const values = shelvesOf(facet, letters).map((shelf) => ({ id: shelf.value, ...shelf }))
    files(
      `/${facet.folder}`,
      pages(byId(values), (shelf) => facetPage(shelves, facet, shelf.value, shelf.letters)),
    )
  }
  files(
    '/clauses',
    pages(library.clauses, (clause) => clausePage(shelves, clause)),
  )
  files(
    '/parcours',
    pages(byId(scenarios), (scenario) => scenarioPage(shelves, scenario)),
  )
  files(
    '/procedures',
    pages(byId(procedures), (procedure) => procedurePage(shelves, procedure)),
  )
  files(
    '/droit',
    pages(lawPages(shelves), (render) => render()),
  )

  return app
}

type Answer = (c: Context) => Response | Promise<Response>

/** One HTML file for each item, by name. */
const pages = <T>(items: ReadonlyMap<string, T>, render: (item: T) => Html): Map<string, Answer> =>
  new Map([...items].map(([id, item]) => [`${id}.html`, (c) => c.html(render(item))]))

/** The style, the script and what it reads; drawn from memory once written. */
function assets(shelves: Shelves): Map<string, Answer> {
  const script = 'text/javascript; charset=utf-8'
  const made: [name: string, type: string, make: () => string][] = [
    ['site.css', 'text/css; charset=utf-8', () => styleSheet(place('site.css'))],
    ['icone.svg', 'image/svg+xml', () => asset('icone.svg')],
    ['site.js', script, () => asset('site.js')],
    ['liste.js', script, () => listScript(shelves)],
    ['mots.js', script, () => wordsScript(shelves)],
  ]
  return new Map(
    made.map(([name, type, make]) => {
      let text: string | undefined
      return [name, (c) => c.body((text ??= make()), 200, { 'content-type': type })]
    }),
  )
}

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
    ['articles', articlesPage],
    ['articles-a-relire', () => unreadPage(shelves)],
  ])
}

async function pdfOf(shelves: Shelves, letter: Letter, engine: TypstEngine): Promise<Uint8Array> {
  const example = ordinaryLetter(shelves, letter, paperChannel(letter)!)
  if (example instanceof DomainError) throw example
  // Eight in the morning of the letter's day, as everywhere: the same letter gives the same bytes.
  const at = parseDay(example.facts.date).toZonedDateTime({ timeZone: 'Europe/Paris', plainTime: '08:00' }).toInstant()
  return renderPdf(example, engine, at, shelves.library.layout)
}
