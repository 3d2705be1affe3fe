import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readingOf } from '../api/site/bases.ts'
import { filledWith, leastFactsOf } from '../api/site/examples.ts'
import { letterPage } from '../api/site/letter-page.ts'
import { templateHtml } from '../api/site/letter-text.ts'
import { basesOf, facets, readShelves, shelvesOf, type Shelves } from '../api/site/shelves.ts'
import { siteApp } from '../api/site/site.ts'
import { said } from '../api/site/words.ts'
import { durationWords } from '../procedures/judicial/engine/limit-words.ts'
import { articleKeys } from '../letters/article-keys.ts'
import { libraryOf, loadLibrary } from '../letters/catalogue.ts'
import { withoutFact } from '../letters/example-sets.ts'
import { changesBetween, readHistory } from '../letters/history.ts'
import { wordDiff } from '../letters/word-diff.ts'
import { parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'
import { buildSite, type BuiltSite } from '../scripts/commands/site.ts'
import { useApi } from './api.ts'

const on = parseDay('2026-11-22')
let folder: string
let out: string
let built: BuiltSite
let shelves: Shelves
let names: string[]
const read = (name: string) => readFileSync(join(out, name), 'utf8')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtois-site-'))
  out = join(folder, 'site')
  shelves = readShelves({ library: loadLibrary(), on, history: null })
  built = await buildSite({ out, on, pdf: false, history: false })
  names = globSync('**/*.html', { cwd: out })
    .map((name) => name.replaceAll('\\', '/'))
    .sort()
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the pages', () => {
  test('there is one for each letter, clause, procedure, scenario and value of each way in', () => {
    const facetPages = facets.flatMap((facet) =>
      shelvesOf(facet, shelves.letters).map(({ value }) => `${facet.folder}/${value}.html`),
    )
    for (const name of [
      'index.html',
      ...[...shelves.library.letters.keys()].map((id) => `courriers/${id}.html`),
      ...[...shelves.library.clauses.keys()].map((id) => `clauses/${id}.html`),
      ...shelves.procedures.map(({ id }) => `procedures/${id}.html`),
      ...shelves.scenarios.map(({ id }) => `parcours/${id}.html`),
      ...facetPages,
    ])
      expect(names, name).toContain(name)
    expect(built.pages).toBe(names.length)
  })

  test('none weighs 100 kB with its style, and the scripts of the list are light', () => {
    const size = (name: string) => statSync(join(out, name)).size
    for (const name of names) expect(size(name) + size('site.css'), name).toBeLessThan(100_000)
    expect(built.largest.bytes).toBeLessThan(100_000)
    expect(size('liste.js') + size('site.js')).toBeLessThan(30_000)
  })

  test('every link stays in the folder and leads somewhere, to its very place in the page', () => {
    const ids = new Map(
      names.map((name) => [name, new Set([...read(name).matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!))]),
    )
    const broken: string[] = []
    for (const name of names) {
      for (const [, found] of read(name).matchAll(/\s(?:href|src|action)="([^"]*)"/g)) {
        const [path = '', place] = found!.split('#')
        const target = path === '' ? name : posix.join(posix.dirname(name), path)
        const whole = /^[a-z]+:|^\//.test(found!) || !existsSync(join(out, target))
        if (whole || (place && target.endsWith('.html') && !ids.get(target)?.has(decodeURIComponent(place))))
          broken.push(`${name} → ${found}`)
      }
    }
    expect([...new Set(broken)]).toEqual([])
  })

  test('each says its language, has one first title, and runs or styles nothing inline', () => {
    for (const name of names) {
      const page = read(name)
      expect(page, name).toMatch(/^<!doctype html>\n<html lang="fr">/)
      expect(page.match(/<h1[ >]/g), name).toHaveLength(1)
      expect(page, name).not.toMatch(/<[^>]+\s(?:style|on[a-z]+)="/)
      expect(page, name).not.toMatch(/<script(?![^>]*\ssrc=)/)
      expect(page, name).not.toMatch(/\[object |undefined|NaN/)
      expect(page, name).not.toContain(import.meta.dirname.slice(0, -'/tests'.length))
      const twice = [...page.matchAll(/\sid="([^"]+)"/g)]
        .map(([, id]) => id)
        .filter((id, i, all) => all.indexOf(id) !== i)
      expect(twice, name).toEqual([])
    }
  })

  test('the same library gives the same pages, whoever reads it and when', async () => {
    const again = siteApp(readShelves({ library: loadLibrary(undefined, { fresh: true }), on, history: null }))
    const sample = [...names.filter((_, i) => i % 40 === 0), 'index.html', 'liste.js', 'mots.js']
    for (const name of sample) expect(await (await again.request(`/${name}`)).text(), name).toBe(read(name))
  })

  test('a folder that holds something else is left alone', async () => {
    const other = join(folder, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'thesis.txt'), 'ten years of work')
    await expect(buildSite({ out: other, on, pdf: false, history: false })).rejects.toMatchObject({
      code: 'folder_in_use',
    })
    expect(readFileSync(join(other, 'thesis.txt'), 'utf8')).toBe('ten years of work')
  })
})

describe('a letter’s page', () => {
  const page = () => read('courriers/mise-en-demeure-pro.html')

  test('shows the text with its places and filled', () => {
    expect(page()).toContain('<var>factures[0].numero</var>')
    expect(page()).toContain('href="../clauses/premiere-lettre-r124-4.html"')
    expect(page()).toContain('Objet\u00a0: </span>Mise en demeure de payer 513,91\u00a0€')
    expect(page()).toContain('Ton 5 sur 7, ferme')
    expect(page()).toContain('24 jours après l’échéance')
  })

  test('is filled with an ordinary, a long, a bare and a hostile case, the first of them open', () => {
    const sets = [...page().matchAll(/<details name="dossier"( open)?><summary>(.*?)<\/summary>(.*?)<\/details>/gs)]
    expect(sets.map(([, open, title]) => [title, Boolean(open)])).toEqual([
      ['Ordinaire', true],
      ['Long', false],
      ['Minimal', false],
      ['Hostile', false],
    ])
    const [good, long, missing, hostile] = sets.map(([, , , body]) => body!)
    expect(good).toContain('Résidence Les Oliviers')
    expect(long).toContain('Établissements électromécaniques et frigorifiques du Grand Sud-Ouest réunis')
    expect(long).toContain('FACT-2026-GRAND-SUD-OUEST-00000449')
    expect(missing).toContain('Il manque «\u00a0debiteur.adresse\u00a0»')
    expect(missing).not.toContain('Madame Anne Durand')
    expect(hostile).toContain('#panic(&quot;x&quot;) *b* $x$ &lt;b&gt;@ref')
    expect(hostile).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  })

  test('names what is missing, and nothing else: with that and no more the letter prints', () => {
    for (const letter of shelves.letters.filter((_, i) => i % 7 === 0)) {
      const least = leastFactsOf(shelves, letter)
      if (least instanceof DomainError) throw least
      const shown = read(`courriers/${letter.id}.html`)
      for (const key of least.needed) expect(shown, letter.id).toContain(`<code>${key}</code></a>`)
      for (const channel of letter.canaux)
        expect(filledWith(shelves, letter, least.facts, channel), letter.id).not.toBeInstanceOf(DomainError)
      for (const key of least.needed) {
        const fewer = withoutFact(least.facts, key)
        const answers = letter.canaux.map((channel) => filledWith(shelves, letter, fewer, channel))
        expect(
          answers.some((answer) => answer instanceof DomainError),
          `${letter.id} ${key}`,
        ).toBe(true)
      }
    }
  })

  test('says what it rests on and when that was read, what comes before and after, and where it serves', () => {
    const bases = basesOf(shelves, shelves.library.letters.get('mise-en-demeure-pro')!)
    expect(bases.find(({ article }) => article === 'L111-8 CPCE')).toMatchObject({
      doubtful: false,
      known: { checkedOn: '2026-11-21', confirmed: true },
    })
    expect(page()).toContain('<time datetime="2026-11-21">21\u00a0novembre\u00a02026</time>')
    expect(page()).toContain('href="../parcours/standard.html"')
    expect(page()).toContain('href="../courriers/script-j32-derniere-relance-pro.html"')
    expect(read('courriers/script-j32-derniere-relance-pro.html')).toContain(
      'href="../courriers/mise-en-demeure-pro.html"',
    )
    expect(read('courriers/injonction-decompte-creance.html')).toContain(
      'href="../procedures/injonction-de-payer.html"',
    )
  })

  test('every letter of the library fills its example', () => {
    const failing = names.filter(
      (name) =>
        name.startsWith('courriers/') &&
        /<details name="dossier" open>.*?<\/details>/s.exec(read(name))![0].includes('le courrier ne part pas'),
    )
    expect(failing).toEqual([])
  })

  test('what is written in a letter, a clause or facts is never markup', () => {
    const evil = '<img src=x onerror=alert(1)> & "quotes" </script>'
    const yaml = evil.replaceAll("'", "''")
    const source = readFileSync(shelves.library.letters.get('relance-cordiale-pro')!.file, 'utf8')
      .replace(/^titre:.*$/m, `titre: '${yaml}'`)
      .replace(/^usage:.*$/m, `usage: '${yaml} and more'`)
      .replace(/\n---\n/, `\n---\n${evil}\n\n`)
    const clauses = Object.fromEntries(
      [...shelves.library.clauses.values()].map(({ id, text }) => [`clauses/${id}.md`, Buffer.from(text)]),
    )
    const library = libraryOf({ ...clauses, 'library/x/relance-cordiale-pro.md': Buffer.from(source) })
    const own = readShelves({ library, on, history: null })
    const shown = String(letterPage(own, library.letters.get('relance-cordiale-pro')!, { pdf: false, dictionary: {} }))
    expect(shown).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(shown).not.toContain('<img')
    expect(shown).not.toContain('</script>')
    expect(
      String(templateHtml('{{ "<b>" }} {% if "<i>" %} {% render "<u>" %}', new Map(), (target) => target)),
    ).not.toMatch(/<[biu]>/)
  })
})

describe('scenarios, procedures and the law', () => {
  test('the timeline is drawn from the issue of the invoice to J+48, for wide and narrow screens, its steps as links', () => {
    for (const name of ['index.html', 'parcours/standard.html']) {
      const drawings = [...read(name).matchAll(/<svg[\s\S]*?<\/svg>/g)].map(([svg]) => svg)
      expect(drawings).toHaveLength(2)
      for (const svg of drawings.slice(0, 2)) {
        for (const day of ['Émission', 'J−8', 'J+8', 'J+16', 'J+24', 'J+32', 'J+40', 'J+48'])
          expect(svg).toContain(`>${day}<`)
        expect(svg.match(/<a href="[^"]*standard\.html#/g)).toHaveLength(8)
      }
    }
  })

  test('a procedure’s drawing holds each step, each time limit and each sanction, and marks what nobody confirmed', () => {
    for (const procedure of shelves.procedures) {
      const [svg = ''] = /<svg[\s\S]*?<\/svg>/.exec(read(`procedures/${procedure.id}.html`)) ?? []
      const limits = procedure.etapes.flatMap((step) => step.delais ?? [])
      expect(svg.match(/class="node"/g), procedure.id).toHaveLength(procedure.etapes.length)
      expect(svg.match(/class="limit/g) ?? [], procedure.id).toHaveLength(limits.length)
      expect(svg.match(/>À vérifier</g) ?? [], procedure.id).toHaveLength(
        limits.filter(({ confirme }) => confirme === 'non').length,
      )
    }
    const page = read('procedures/injonction-de-payer.html')
    expect(page).toContain('Au plus tard 3 mois après')
    expect(page).toContain('Sinon\u00a0: ordonnance non avenue')
  })

  test('times are said in words', () => {
    expect(['P6M', 'P15D', 'P1M15D', 'P2Y', 'P0D'].map((duration) => durationWords(duration))).toEqual([
      '6 mois',
      '15 jours',
      '1 mois et 15 jours',
      '2 ans',
      '',
    ])
    expect(durationWords('P15D', true)).toBe('15 jours ouvrables')
  })

  test('the dated values are tables, the latest first, with what is doubtful said so', () => {
    const page = read('droit/interet-legal.html')
    expect(page.indexOf('2,62\u00a0%')).toBeGreaterThan(0)
    expect(page.indexOf('2,62\u00a0%')).toBeLessThan(page.indexOf('4,26\u00a0%'))
    expect(page).toContain('à vérifier')
    expect(read('droit/a-relire.html')).toContain('injonction-de-payer.requete')
  })

  test('every legal basis has the day it was read, or says that it was not and when that was last looked at', () => {
    const bases = shelves.letters.flatMap((letter) => basesOf(shelves, letter).map((basis) => ({ letter, ...basis })))
    expect(bases.filter(({ known }) => !known).map(({ letter, article }) => `${letter.id}: ${article}`)).toEqual([])
    const { letter, article, known } = bases.find((basis) => !basis.known!.read)!
    const own = /<section id="bases".*?<\/section>/s.exec(read(`courriers/${letter.id}.html`))![0]
    expect(own).toContain(`texte non lu<br><small>examiné le <time datetime="${known!.checkedOn}">`)
    expect(own).toContain('<span class="check">à vérifier</span>')
    expect(read('droit/articles-a-relire.html')).toContain(`<th scope="row">${said(article)} <span class="check">`)
  })

  test('of several articles in one basis, the one that is known worst speaks', () => {
    const base = { where: '', page: '', source: '', checkedOn: '2026-11-21' }
    const bases = new Map([
      ['cciv 1103', [{ ...base, confirmed: true, read: true }]],
      ['cciv 2044', [{ ...base, confirmed: false, read: true }]],
      ['cciv 1641', [{ ...base, confirmed: false, read: false }]],
    ])
    expect(readingOf(bases, '1103 C. civ.')).toMatchObject({ confirmed: true })
    expect(readingOf(bases, '1103 et 2044 C. civ.')).toMatchObject({ confirmed: false, read: true })
    expect(readingOf(bases, '1103, 1641 et 2044 C. civ.')).toMatchObject({ read: false })
    expect(readingOf(bases, '1103 et 9999 C. civ.')).toBeUndefined()
  })

  test('an article is one article however it is written', () => {
    expect(articleKeys('L441-10 et D441-5 C. com.')).toEqual(['ccom l441-10', 'ccom d441-5'])
    expect(articleKeys('C. com. L. 441-10')).toEqual(['ccom l441-10'])
    expect(articleKeys('CPC 1422 et 1423')).toEqual(['cpc 1422', 'cpc 1423'])
    expect(articleKeys('L622-25, R622-23 C. com.')).toEqual(['ccom l622-25', 'ccom r622-23'])
    expect(articleKeys('CPC 1416, al. 1')).toEqual(['cpc 1416'])
    expect(articleKeys('art. 5 et 13 RGPD ; loi 78-17 avant le 25 mai 2018')).toEqual(['rgpd 5', 'rgpd 13'])
    expect(articleKeys('CPC malgache, art. 232')).not.toContain('cpc 232')
    expect(articleKeys('règlement (UE) 260/2012')).toHaveLength(1)
    expect(articleKeys('art. 14-1 et 19-2 loi 65-557 du 10 juillet 1965')).toEqual(['loi65-557 14-1', 'loi65-557 19-2'])
    expect(articleKeys('loi 65-557, art. 19-2')).toEqual(['loi65-557 19-2'])
    expect(articleKeys('1424-1 à 1424-15 CPC')).toEqual(['cpc 1424-1', 'cpc 1424-15'])
    expect(articleKeys('art. 17 § 3 e) RGPD')).toEqual(['rgpd 17'])
  })
})

describe('versions', () => {
  const git = (directory: string, ...args: string[]) =>
    execFileSync(
      'git',
      [
        '-C',
        directory,
        '-c',
        'user.name=Zoé',
        '-c',
        'user.email=zoe@courtois.example',
        '-c',
        'commit.gpgsign=false',
        ...args,
      ],
      { stdio: 'pipe' },
    )

  test('of the whole library are those of each letter alone, and its page shows them', async () => {
    const repository = join(folder, 'repository')
    const letters = join(repository, 'letters')
    const write = (name: string, text: string) => {
      mkdirSync(join(letters, name, '..'), { recursive: true })
      writeFileSync(join(letters, name), text)
    }
    const letter = readFileSync(shelves.library.letters.get('relance-cordiale-pro')!.file, 'utf8')
    const clause = shelves.library.clauses.get('politesse')!.text
    mkdirSync(repository)
    git(repository, 'init', '-q')
    write('library/relance-cordiale/relance-cordiale-pro.md', letter)
    write('clauses/politesse.md', clause)
    git(repository, 'add', '.')
    git(repository, 'commit', '-qm', 'Première rédaction')
    write('library/relance-cordiale/relance-cordiale-pro.md', `${letter}\nNous comptons sur vous.\n`)
    git(repository, 'commit', '-qam', 'Dire que l’on compte sur lui\n\nReviewed-by: Maître Ève <eve@courtois.example>')
    write('clauses/politesse.md', `${clause}\nBien à vous.\n`)
    git(repository, 'commit', '-qam', 'Une formule de plus')
    write('clauses/sans-usage.md', clause.replace('id: politesse', 'id: sans-usage'))
    git(repository, 'add', '.')
    git(repository, 'commit', '-qm', 'Une clause que personne ne cite')
    write('library/relance-ferme/relance-cordiale-pro.md', `${letter}\nNous comptons sur vous.\n`)
    rmSync(join(letters, 'library/relance-cordiale'), { recursive: true })
    git(repository, 'add', '.')
    git(repository, 'commit', '-qm', 'Changer de rayon')

    const history = await readHistory(letters)
    const versions = history.letters.get('relance-cordiale-pro')!
    expect(versions).toEqual((await readHistory(letters, 'relance-cordiale-pro')).letters.get('relance-cordiale-pro'))
    expect(versions.map(({ subject }) => subject)).toEqual([
      'Première rédaction',
      'Dire que l’on compte sur lui',
      'Une formule de plus',
    ])
    expect(versions.map(({ author, reviewer }) => [author, reviewer])).toEqual([
      ['Zoé', ''],
      ['Zoé', 'Maître Ève'],
      ['Zoé', ''],
    ])
    const [first, second, third] = versions
    const [change, ...others] = changesBetween(first!, second!, history.blobs)
    expect(change).toMatchObject({ name: 'texte', what: 'changed' })
    expect(change!.pieces).toContainEqual({ kind: 'in', text: '\nNous comptons sur vous.\n' })
    expect(others).toEqual([])
    expect(changesBetween(second!, third!, history.blobs).map(({ name }) => name)).toEqual(['clause politesse'])

    const page = String(
      letterPage({ ...shelves, history }, shelves.library.letters.get('relance-cordiale-pro')!, {
        pdf: false,
        dictionary: {},
      }),
    )
    expect(page).toMatch(/<ins>.*Nous comptons sur vous/s)
    expect(page).toContain('relue par Maître Ève')
  })

  test('differences are of words, with a little of what surrounds them', () => {
    const filler = 'bla '.repeat(100)
    const pieces = wordDiff(`${filler}sous huit jours ${filler}`, `${filler}sous quinze jours ${filler}`)
    expect(pieces.filter(({ kind }) => kind !== 'same')).toEqual([
      { kind: 'gap', text: '' },
      { kind: 'out', text: 'huit' },
      { kind: 'in', text: 'quinze' },
      { kind: 'gap', text: '' },
    ])
    expect(pieces.map(({ text }) => text).join('').length).toBeLessThan(200)
  })
})

describe('reading for everyone', () => {
  // WCAG 2.2, 1.4.3: text against its ground, at least 4.5 to 1.
  const luminance = (hex: string) => {
    const full = hex.length === 4 ? hex.slice(1).replace(/./g, '$&$&') : hex.slice(1)
    const [r, g, b] = [0, 2, 4]
      .map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  const contrast = (a: string, b: string) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x)
    return (high! + 0.05) / (low! + 0.05)
  }

  test('every pair of colours is readable, light and dark', () => {
    const css = read('site.css')
    const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) =>
      Object.fromEntries([...block!.matchAll(/--([\w-]+): (#[0-9a-f]+);/g)].map(([, name, value]) => [name!, value!])),
    )
    // Light then dark, of the house then of the site.
    expect(blocks).toHaveLength(4)
    const [light, dark] = [0, 1].map((i) => ({ ...blocks[i], ...blocks[i + 2] }))
    const pairs = [
      ...['ink', 'soft', 'accent', 'stop'].flatMap((text) =>
        ['paper', 'sheet', 'wash'].map((ground) => [text, ground]),
      ),
      ...['t1', 't2', 't3', 't4', 't5', 't6', 't7'].map((tone) => [tone, 'paper']),
      ['t7', 'wash'],
      ['warn', 'warn-wash'],
      ['ink', 'warn-wash'],
      ['stop', 'warn-wash'],
      ['soft', 'warn-wash'],
      ['in-ink', 'in'],
      ['out-ink', 'out'],
      ['paper', 'accent'],
    ] as [string, string][]
    for (const colours of [light!, dark!]) {
      for (const [text, ground] of pairs)
        expect(contrast(colours[text]!, colours[ground]!), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
    }
  })
})

describe('/bibliotheque', () => {
  const api = useApi()
  const get = (path: string) => api.app.request(path)

  test('serves the same pages without a token, and lets them run nothing but their own script', async () => {
    const response = await get('/bibliotheque/courriers/mise-en-demeure-pro.html')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toMatch(
      /default-src 'none'.*script-src 'self' 'wasm-unsafe-eval'/,
    )
    const page = await response.text()
    expect(page).toContain('Première mise en demeure')
    expect(page).toContain('href="mise-en-demeure-pro.pdf"')
    expect((await get('/bibliotheque/')).status).toBe(200)
    expect((await get('/bibliotheque')).headers.get('location')).toBe('/bibliotheque/index.html')
  })

  test('gives each letter’s PDF, the same bytes each time', async () => {
    const [a, b] = await Promise.all(
      [1, 2].map(async () => (await get('/bibliotheque/courriers/mise-en-demeure-pro.pdf')).arrayBuffer()),
    )
    expect(Buffer.from(a!).subarray(0, 5).toString()).toBe('%PDF-')
    expect(Buffer.compare(Buffer.from(a!), Buffer.from(b!))).toBe(0)
  })

  test('gives the search’s files, and a page in French for what is not there', async () => {
    expect((await get('/bibliotheque/pagefind/pagefind.js')).status).toBe(200)
    expect((await get('/bibliotheque/pagefind/pagefind-entry.json')).headers.get('content-type')).toBe(
      'application/json',
    )
    const missing = await get('/bibliotheque/courriers/..%2f..%2fpackage.json')
    expect(missing.status).toBe(404)
    expect(await (await get('/bibliotheque/courriers/nulle-part.html')).text()).toContain('Cette page n’existe pas')
  })
})
