import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A page whose content is made and only wants its frame. */
export interface ReadyPage {
  path: string
  title: string
  description?: string
  scripts: string[]
  body: string
}

/** The pages of a built site, taken out of their frames. */
export function readyPages(folder: string): ReadyPage[] {
  const paths = globSync('**/*.html', { cwd: folder }).map((path) => path.replaceAll('\\', '/'))
  return paths.sort().map((path) => {
    const html = readFileSync(join(folder, path), 'utf8')
    const part = (pattern: RegExp) => pattern.exec(html)?.[1]
    const description = part(/<meta name="description" content="([^"]*)">/)
    return {
      path,
      title: part(/<title>([^<]*?)(?: – Courtois)?<\/title>/)!,
      ...(description === undefined ? {} : { description }),
      scripts: [...html.matchAll(/<script src="(?:\.\.\/)*([^"]*)" defer>/g)].map(([, name]) => name!),
      body: part(/<main id="contenu" tabindex="-1">\n([^]*)\n<\/main>/)!,
    }
  })
}

/** An Eleventy project of the same pages: a file of content each, and our frame as its layout. */
export function writeProject(input: string, pages: ReadyPage[]): void {
  const home = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'peers/eleventy-frame.liquid'), 'utf8')
  write(join(input, '_includes/frame.liquid'), home)
  write(join(input, 'eleventy.config.mjs'), 'export default () => ({ htmlTemplateEngine: false })\n')
  for (const { body, ...page } of pages) {
    const depth = page.path.split('/').length - 1
    const head = { ...page, layout: 'frame.liquid', permalink: page.path, to: '../'.repeat(depth) }
    write(join(input, page.path), `---json\n${JSON.stringify(head)}\n---\n${body}\n`)
  }
}

/** An Eleventy project that makes each page by the functions that make ours. */
export function writeCallingProject(input: string, pages: ReadyPage[], day: string): void {
  const from = (path: string) => JSON.stringify(pathToFileURL(fileURLToPath(new URL(path, import.meta.url))).href)
  write(
    join(input, 'pages.11ty.mjs'),
    `import { readShelves } from ${from('../../api/site/shelves.ts')}
import { siteApp } from ${from('../../api/site/site.ts')}
import { loadLibrary } from ${from('../../letters/catalogue.ts')}

const on = Temporal.PlainDate.from(${JSON.stringify(day)})
const app = siteApp(readShelves({ library: loadLibrary(), on, history: null }))
export const data = {
  pages: ${JSON.stringify(pages.map(({ path }) => path))},
  pagination: { data: 'pages', size: 1, alias: 'name' },
  eleventyExcludeFromCollections: true,
  permalink: ({ name }) => '/' + name,
}
export const render = async ({ name }) => (await app.request('/' + name)).text()
`,
  )
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
