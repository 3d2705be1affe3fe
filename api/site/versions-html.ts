import { dated, h, type Html } from './page.ts'
import type { Shelves } from './shelves.ts'
import { count, said } from './words.ts'
import { changesBetween, type Change } from '../../letters/history.ts'
import type { Letter } from '../../letters/letter.ts'
import type { Revision } from '../../letters/replay.ts'
import type { Piece } from '../../letters/word-diff.ts'

/**
 * The versions of a letter, the latest first, each with its author, its reason and its words that changed: word by word
 * while they take less than `room` characters, so that the page stays light, the older ones by name.
 */
export function versionsHtml({ history, library }: Shelves, letter: Letter, room: number): Html {
  const titleOf = (name: string): string => {
    const clause = library.clauses.get(name.replace(/^clause /, ''))
    return clause && name.startsWith('clause ') ? `clause « ${said(clause.titre)} »` : name
  }
  if (history === null)
    return h`<p>L’historique n’est pas lisible ici\u00a0: il vient du dépôt Git de la bibliothèque.</p>`
  const revisions = history.letters.get(letter.id) ?? []
  const last = revisions.at(-1)
  const draft = last?.version !== letter.version
  let left = room
  const items = revisions
    .map((revision, i) => ({ revision, before: revisions[i - 1] }))
    .reverse()
    .map(({ revision, before }) => {
      const changes = before ? changesBetween(before, revision, history.blobs) : []
      const size = changes.flatMap(({ pieces }) => pieces).reduce((sum, piece) => sum + piece.text.length + 20, 0)
      const shown = size <= left
      if (shown) left -= size
      return h`<li>${headHtml(revision)}
${before === undefined ? h`<p class="note">Première version.</p>` : shown ? changesHtml(changes, titleOf) : h`<p class="note">Ce qui change\u00a0: ${revision.changes.map(titleOf).join(', ')}. Mot à mot\u00a0: <code>courtois letters diff ${letter.id} ${before.number} ${revision.number}</code></p>`}</li>`
    })
  return h`${draft ? h`<p class="warn">${last ? 'Ce texte a été modifié depuis sa dernière version enregistrée.' : 'Ce courrier n’a pas encore de version enregistrée.'}</p>` : ''}
${items.length ? h`<p>${count(items.length, 'version')}, de la plus récente à la plus ancienne. <span class="legend"><del>retiré</del> <ins>ajouté</ins></span></p><ol class="versions" reversed>${items}</ol>` : ''}`
}

const headHtml = ({ number, date, author, reviewer, subject, commit, version }: Revision): Html =>
  h`<p><strong>Version ${number}</strong>, ${dated(date)}, par ${author}${reviewer ? `, relue par ${reviewer}` : ''}<br>${subject}<br><small>commit <code>${commit.slice(0, 10)}</code>, empreinte <code>${version.slice(0, 12)}</code></small></p>`

function changesHtml(changes: Change[], titleOf: (name: string) => string): Html {
  const texts = changes.filter(({ name }) => !name.startsWith('layout/'))
  const note = texts.length === 0 ? 'Seule la mise en page a changé.' : 'La mise en page aussi a changé.'
  return h`${texts.map((change) => changeHtml(change, titleOf(change.name)))}${texts.length < changes.length ? h`<p class="note">${note}</p>` : ''}`
}

function changeHtml({ name, what, pieces }: Change, title: string): Html {
  const own = name === 'texte'
  if (what !== 'changed') return h`<p class="note">${title} ${what === 'added' ? 'ajoutée' : 'retirée'}</p>`
  return h`<details class="diff"${own ? h` open` : ''}><summary>Ce qui change dans ${own ? 'le texte' : `la ${title}`}</summary><pre>${pieces.map(pieceHtml)}</pre></details>`
}

function pieceHtml({ kind, text }: Piece): Html {
  if (kind === 'gap') return h`<span class="gap"> […] </span>`
  if (kind === 'out') return h`<del><span class="sr">[retiré\u00a0: </span>${text}<span class="sr">]</span></del>`
  if (kind === 'in') return h`<ins><span class="sr">[ajouté\u00a0: </span>${text}<span class="sr">]</span></ins>`
  return h`${text}`
}
