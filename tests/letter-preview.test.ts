import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { preview } from '../scripts/commands/apercu.ts'

const folder = mkdtempSync(join(tmpdir(), 'courtois-preview-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a letter is printed with four sets of facts, again when it is saved, and its faults are told', async () => {
  const letters = join(folder, 'letters')
  const fixtures = fileURLToPath(new URL('./fixtures/letters/', import.meta.url))
  cpSync(fixtures, letters, { recursive: true, filter: (path) => !path.endsWith('.ts') && !path.includes('faults') })
  const source = join(letters, 'library/essais/essai-rappel.md')
  const text = readFileSync(source, 'utf8')
  const out = join(folder, 'apercu')
  const html = join(out, 'essai-rappel-ordinaire-email.html')
  const stop = new AbortController()

  let printings = 0
  await preview({
    id: 'essai-rappel',
    out,
    folders: [letters],
    signal: stop.signal,
    show({ files, refused }) {
      printings++
      const shown = existsSync(html) ? readFileSync(html, 'utf8') : ''
      if (printings === 1) {
        expect(files.map((file) => file.slice(out.length + 1))).toEqual(
          expect.arrayContaining(
            ['long', 'minimal', 'hostile', 'ordinaire'].map((set) => `essai-rappel-${set}-lettre.pdf`),
          ),
        )
        expect(shown).toContain('Salutations.')
        writeFileSync(source, text.replace('Salutations.', 'À bientôt.'))
      } else if (shown.includes('À bientôt.') && refused.length === 0) {
        // One save may be told twice by the system: the next step is written once only.
        writeFileSync(source, text.replace('Salutations.', '{{ inconnu }}'))
      } else if (refused.some((message) => message.includes('inconnu'))) {
        stop.abort()
      }
    },
  })
  expect(printings).toBeGreaterThanOrEqual(3)
  expect(readFileSync(html, 'utf8')).toContain('À bientôt.')
})
