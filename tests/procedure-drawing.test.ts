import { XMLValidator } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { casePicture } from '../procedures/judicial/drawings/drawing.ts'
import { procedurePicture } from '../procedures/judicial/drawings/procedure-drawing.ts'
import { loadProcedure, procedureIds } from '../procedures/judicial/engine/procedure.ts'
import { progress } from '../procedures/judicial/engine/progress.ts'
import { parseDay } from '../schema/days.ts'

const order = loadProcedure('injonction-de-payer')
const events = [
  { step: 'requete', on: parseDay('2026-08-03'), facts: { juridiction: 'commerce' } },
  { step: 'ordonnance', on: parseDay('2026-09-01') },
]
const picture = (day: string) => casePicture(order, progress(order, events, parseDay(day)))
/** The words of a drawing, without the breaks of its lines. */
const words = (svg: string) => svg.replace(/<[^>]+>/g, ' ').replace(/[\s\u00a0]+/g, ' ')

describe('the picture of a case', () => {
  test('shows what was done and when, what runs with the days left, and its sanction', () => {
    const shown = words(picture('2026-11-24'))
    expect(shown).toContain('3 août 2026')
    expect(shown).toContain('Au plus tard le 1er décembre 2026, il reste 7 jours (CPC 1411)')
    expect(shown).toContain('Sinon : ordonnance non avenue')
  })

  test('shows what closed the path and what may follow', () => {
    const shown = words(picture('2026-12-02'))
    expect(shown).toContain('Ordonnance non avenue')
    expect(shown).toContain('Suite possible : Injonction de payer')
    expect(shown).not.toContain('il reste')
  })

  test('is said to whoever does not see it', () => {
    expect(picture('2026-11-24')).toMatch(
      /role="img" aria-label="Chemin du dossier, Injonction de payer, au 24\u00a0novembre\u00a02026\./,
    )
  })

  test('is the same for the same day, whatever words the file holds', () => {
    expect(picture('2026-11-24')).toBe(picture('2026-11-24'))
    const hostile = '<script>alert("1")</script> & "x" \u0007 ]]>'
    const forged = {
      ...order,
      titre: hostile,
      etapes: order.etapes.map((step) => ({ ...step, titre: hostile, par: hostile })),
    }
    const svg = casePicture(forged, progress(forged, events, parseDay('2026-11-24')))
    expect(XMLValidator.validate(svg)).toBe(true)
    expect(svg).not.toContain('<script')
  })
})

test.each(procedureIds())('%s is drawn with all its steps, as XML, and no line leaves the picture', (id) => {
  const procedure = loadProcedure(id)
  const svg = procedurePicture(procedure)
  expect(XMLValidator.validate(svg)).toBe(true)
  const [, width = 0, height = 0] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number)
  for (const [, x = 0, y = 0] of [...svg.matchAll(/<text[^>]* x="([\d.]+)" y="([\d.]+)"/g)].map((found) =>
    found.map(Number),
  )) {
    expect(x).toBeLessThan(width)
    expect(y).toBeLessThanOrEqual(height)
  }
  const shown = words(svg).replaceAll(' ', '')
  for (const step of procedure.etapes) expect(shown).toContain(step.titre.replace(/[\s\u00a0]+/g, ''))
})

test('a limit that follows a wait starts at the end of what was waited for', () => {
  const shown = words(procedurePicture(order))
  expect(shown).toContain('après : la fin du délai d’opposition, sans opposition')
  expect(shown).not.toContain('pour attendre')
})
