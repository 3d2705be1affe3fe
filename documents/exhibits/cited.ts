import { PDF } from '@libpdf/core'
import { citationsIn } from '../packs/citations.ts'

/** The exhibits that a paper of ours cites, each once a page, with the page from 1. */
export async function citedIn(pdf: Uint8Array): Promise<{ number: string; page: number }[]> {
  const seen = new Set<string>()
  return citationsIn(await PDF.load(pdf)).flatMap(({ number, page }) => {
    const key = `${number} ${page}`
    if (seen.has(key)) return []
    seen.add(key)
    return [{ number, page: page + 1 }]
  })
}
