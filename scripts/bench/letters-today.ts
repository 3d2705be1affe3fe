import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { exampleOf } from '../../documents/rendering/example.ts'
import { type LetterFormat, renderLetter } from '../../documents/rendering/render.ts'
import { nativeTypst } from '../../documents/typst/typst.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import type { Letter } from '../../letters/letter.ts'
import { lawTerms } from '../../procedures/law/terms.ts'
import { parseDay } from '../../schema/days.ts'
import { type Figure, seconds } from './bench.ts'

const run = promisify(execFile)
const ten = 10
const at = Temporal.Instant.from('2026-03-03T07:00:00Z')

/** Ten letters as PDF the ways people make them today: HTML printed by Chromium, Word converted by LibreOffice. */
export async function todayFigures(tell: (line: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'courtois-today-'))
  const engine = nativeTypst({ processes: 1 })
  try {
    const letters = [...loadLibrary().letters.values()]
      .filter(({ canaux }) => canaux.includes('lettre') && canaux.includes('email'))
      .slice(0, ten)
    const printed = (letter: Letter) => bytesOf(letter, 'pdf', engine)
    await printed(letters[0]!)
    const ours = ten / (await seconds(() => each(letters, printed)))
    const figure = (name: string, theirs: number): Figure => ({
      name: `letters, ten as PDF, beside ${name}`,
      value: ours,
      unit: 'letters/s',
      against: `${name}: ${theirs.toFixed(1)}/s`,
      ratio: ours / theirs,
      goal: 1,
    })
    const [browser, office] = [await byChromium(letters, folder, tell), await byOffice(letters, folder, tell)]
    return [
      ...(browser === undefined ? [] : [figure('Chromium printing HTML', browser)]),
      ...(office === undefined ? [] : [figure('LibreOffice converting Word', office)]),
    ]
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function each(letters: Letter[], work: (letter: Letter) => Promise<unknown>): Promise<void> {
  for (const letter of letters) await work(letter)
}

async function bytesOf(letter: Letter, format: LetterFormat, engine?: ReturnType<typeof nativeTypst>) {
  const facts = exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)))
  const channel = format === 'html' ? 'email' : 'lettre'
  return (await renderLetter({ letter, facts, channel, format, at, ...(engine ? { engine } : {}) })).bytes
}

// A browser that is open already, one page a letter: its start is not counted against it.
async function byChromium(letters: Letter[], folder: string, tell: (line: string) => void) {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) {
    tell(`letters: Chromium is left out, there is none at ${executablePath} (set CHROMIUM to its path)`)
    return undefined
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const page = await browser.newPage()
    const print = async (letter: Letter) => {
      const file = join(folder, `${letter.id}.html`)
      writeFileSync(file, await bytesOf(letter, 'html'))
      await page.goto(pathToFileURL(file).href)
      await page.pdf({ format: 'A4' })
    }
    await print(letters[0]!)
    return ten / (await seconds(() => each(letters, print)))
  } finally {
    await browser.close()
  }
}

// All ten in one call, as an agency would at night: its start is paid once.
async function byOffice(letters: Letter[], folder: string, tell: (line: string) => void) {
  const soffice = await run('soffice', ['--version']).catch(() => undefined)
  if (!soffice) {
    tell('letters: LibreOffice is left out, there is no « soffice » on the path')
    return undefined
  }
  const [words, out] = [join(folder, 'word'), join(folder, 'pdf')]
  mkdirSync(words)
  const profile = `-env:UserInstallation=${pathToFileURL(join(folder, 'profile')).href}`
  const convert = (files: string[]) =>
    run('soffice', [profile, '--headless', '--convert-to', 'pdf', '--outdir', out, ...files])
  const files: string[] = []
  const spent = await seconds(() =>
    each(letters, async (letter) => {
      const file = join(words, `${letter.id}.docx`)
      writeFileSync(file, await bytesOf(letter, 'docx'))
      files.push(file)
    }),
  )
  // The first start of a new profile sets it up.
  await convert(files.slice(0, 1))
  const converted = await seconds(async () => void (await convert(files)))
  if (readdirSync(out).length < ten) {
    tell('letters: LibreOffice is left out, it did not convert the ten letters')
    return undefined
  }
  return ten / (spent + converted)
}
