import { loadLibrary, wordTemplate, type Library } from '../../letters/catalogue.ts'
import type { Channel, Letter } from '../../letters/letter.ts'
import { DomainError } from '../../schema/errors.ts'
import { fill, type FilledLetter } from './fill.ts'
import { renderDocx } from './docx.ts'
import { renderHtml } from './html.ts'
import { renderPdf } from './pdf.ts'
import { renderText } from './text.ts'
import type { TypstEngine } from '../typst/typst.ts'

export type LetterFormat = 'pdf' | 'docx' | 'html' | 'txt'
export const letterFormats: readonly LetterFormat[] = ['pdf', 'docx', 'html', 'txt']

export interface RenderRequest {
  letter: Letter
  facts: unknown
  channel: Channel
  format: LetterFormat
  /** The instant written in the file; same request, same bytes. */
  at: Temporal.Instant
  /** Needed for PDF alone. */
  engine?: TypstEngine
  /** The letter with these facts for this channel, where another format has filled it. */
  filled?: FilledLetter
  /** The library the letter comes from; the house's own by default. An old version brings its clauses and layout. */
  library?: Library
}

export interface Rendered {
  bytes: Uint8Array
  mediaType: string
  /** What made the bytes, for the record. */
  renderer: string
  filled: FilledLetter
}

/** A letter and facts become bytes. Refuses as `fill` does, with unsuitable_format, and as the engine does. */
export async function renderLetter(request: RenderRequest): Promise<Rendered> {
  const { letter, facts, channel, format, at, engine, library = loadLibrary() } = request
  const filled = request.filled ?? fill(library, letter, facts, channel)
  const done = (bytes: Uint8Array, mediaType: string, renderer: string): Rendered => ({
    bytes,
    mediaType,
    renderer,
    filled,
  })
  switch (format) {
    case 'txt':
      return done(Buffer.from(renderText(filled)), 'text/plain; charset=utf-8', 'courtois text 1')
    case 'html':
      return done(
        Buffer.from(renderHtml(filled, layoutFile(library, 'email.html').toString('utf8'))),
        'text/html; charset=utf-8',
        'courtois html 1',
      )
    case 'docx': {
      const mediaType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
      const own = wordTemplate(letter.id)
      const template = layoutFile(library, own in library.layout ? own : 'letter.docx')
      return done(renderDocx(filled, template, at), mediaType, 'docxtemplater 3.71.0')
    }
    case 'pdf': {
      if (channel === 'sms') throw unsuitable(format, channel)
      if (!engine) throw unsuitable(format, 'un moteur de composition absent')
      return done(await renderPdf(filled, engine, at, library.layout), 'application/pdf', engine.name)
    }
  }
}

function layoutFile(library: Library, name: string): Buffer {
  const bytes = library.layout[name]
  if (!bytes) {
    throw new DomainError(
      'missing_layout',
      `La mise en page letters/layout/${name} manque à cette version de la bibliothèque.`,
      {
        remedy: 'Choisissez un format que cette version connaît, par exemple txt.',
        facts: { file: name },
      },
    )
  }
  return Buffer.from(bytes)
}

function unsuitable(format: string, channel: string): DomainError {
  return new DomainError('unsuitable_format', `Le format « ${format} » ne convient pas à « ${channel} ».`, {
    remedy: 'Pour un SMS, demandez le format txt.',
    facts: { format, channel },
  })
}
