import { factsOf, filledWith, leastFactsOf, ordinaryLetter, orRefusal, paperChannel, type Filled } from './examples.ts'
import { filledHtml } from './filled.ts'
import { h, type Html, type Link } from './page.ts'
import type { Shelves } from './shelves.ts'
import { channels, said } from './words.ts'
import { renderSms } from '../../documents/rendering/text.ts'
import type { Channel, Letter } from '../../letters/letter.ts'
import { DomainError } from '../../schema/errors.ts'

/**
 * The letter filled four times, as an ordinary case has it, as the largest, the barest and the most hostile one would;
 * one of them open at a time, without a script.
 */
export function examplesHtml(shelves: Shelves, letter: Letter, dictionary: Record<string, string>, to: Link): Html {
  const shown = shownChannels(letter)
  const [main] = shown
  // A telephone script and its letter are worth showing once; a short message shows how long it may become.
  const others = shown.filter((channel) => channel === main || channel === 'sms')
  const with_ = (facts: Record<string, unknown>) => (channel: Channel) => filledWith(shelves, letter, facts, channel)
  const least = leastFactsOf(shelves, letter)
  const sets: [title: string, note: unknown, body: unknown][] = [
    ['Ordinaire', '', papers(shown, (channel) => ordinaryLetter(shelves, letter, channel))],
    [
      'Long',
      'Noms et adresses aussi longs qu’ils peuvent l’être, huit factures, des sommes à sept chiffres\u00a0: rien ne doit se couper ni déborder.',
      papers(others, with_(factsOf(shelves, letter, 'long'))),
    ],
    [
      'Minimal',
      least instanceof DomainError ? '' : missingHtml(least, dictionary, to),
      least instanceof DomainError ? refused(least) : papers(others, with_(least.facts)),
    ],
    [
      'Hostile',
      'Des noms écrits pour être pris pour de la mise en forme ou du code\u00a0: ils s’impriment tels quels, et rien d’autre.',
      papers(others, with_(factsOf(shelves, letter, 'hostile'))),
    ],
  ]
  return h`<p>Le même courrier, avec quatre dossiers d’essai\u00a0:</p><div class="sets">${sets.map(
    ([title, note, body], i) =>
      h`<details name="dossier"${i === 0 ? h` open` : ''}><summary>${title}</summary>${note ? h`<div class="set-note">${note}</div>` : ''}${body}</details>`,
  )}</div>`
}

function shownChannels(letter: Letter): Channel[] {
  const main = paperChannel(letter) ?? letter.canaux.find((channel) => channel !== 'sms')
  return [
    ...(main ? [main] : []),
    ...letter.canaux.filter(
      (channel) => channel === 'sms' || (channel === 'script-telephone' && letter.appel && channel !== main),
    ),
  ]
}

const papers = (shown: Channel[], filled: (channel: Channel) => Filled): Html[] =>
  shown.map((channel) => {
    const title = shown.length > 1 ? h`<h3>${channels[channel]}</h3>` : ''
    return h`${title}${paperHtml(filled(channel), channel)}`
  })

function paperHtml(found: Filled, channel: Channel): Html {
  if (found instanceof DomainError) return refused(found)
  if (channel !== 'sms') return filledHtml(found)
  const text = orRefusal(() => renderSms(found))
  return text instanceof DomainError ? refused(text) : h`<p class="sms">${text}</p>`
}

// A letter being rewritten may not fill, nor a message hold a long name: the page says so, and the library stays readable.
const refused = (error: DomainError): Html =>
  h`<p class="warn">Avec ce dossier, le courrier ne part pas\u00a0: ${sentenceOf(error)}</p>`

function missingHtml(
  { needed, refusal }: { needed: string[]; refusal: DomainError | undefined },
  dictionary: Record<string, string>,
  to: Link,
): Html {
  if (needed.length === 0)
    return h`<p>Ce courrier s’imprime avec les seules données communes\u00a0: voici ce qu’il en reste quand tout le facultatif manque.</p>`
  const keys = needed.map((key) => {
    const [root = ''] = key.split('.')
    const meaning = key === root ? dictionary[root] : undefined
    return h`<li><a href="${to(`donnees.html#${root}`)}"><code>${key}</code></a>${meaning ? h` – ${said(meaning)}` : ''}</li>`
  })
  return h`<p>Il ne part pas sans ces données\u00a0; le reste est facultatif, et voici le courrier sans lui.</p><ul class="data">${keys}</ul>
${refusal ? h`<p>Sans la dernière, il s’arrête et répond\u00a0:</p><p class="warn">${sentenceOf(refusal)}</p>` : ''}`
}

// Without the place in the file, which is that of one machine.
const sentenceOf = ({ message }: DomainError): string => said(message.replace(/ \([^()]*\.md:\d+\)/, ''))
