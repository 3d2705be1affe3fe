import { count } from './words.ts'
import { dated, h, type Html } from './page.ts'
import { changesOf, type Piece, type Version } from './versions.ts'
import type { Letter } from '../../letters/letter.ts'

// A page stays light: the latest changes word by word, the older ones by name.
const budget = 24_000

/** The versions of a letter, the latest first, each with its author, its reason and its words that changed. */
export function versionsHtml(letter: Letter, all: Map<string, Version[]> | null): Html {
  if (all === null) return h`<p>L’historique n’est pas lisible ici\u00a0: il vient du dépôt Git de la bibliothèque.</p>`
  const versions = all.get(letter.id) ?? []
  const last = versions.at(-1)
  const draft = last?.version !== letter.version
  let room = budget
  const items = versions
    .map((version, i) => ({ version, before: versions[i - 1] }))
    .reverse()
    .map(({ version, before }) => {
      const changes = changesOf(before, version)
      const size = changes.flatMap(({ pieces }) => pieces).reduce((sum, piece) => sum + piece.text.length + 20, 0)
      const shown = size <= room
      if (shown) room -= size
      return h`<li><p><strong>Version ${version.number}</strong>, ${dated(version.date)}, par ${version.author}${version.reviewer ? `, relue par ${version.reviewer}` : ''}<br>${version.subject}<br><small>commit <code>${version.commit.slice(0, 10)}</code>, empreinte <code>${version.version.slice(0, 12)}</code></small></p>
${before === undefined ? h`<p class="note">Première version.</p>` : version.layoutChanged ? h`<p class="note">Seule la mise en page a changé.</p>` : shown ? changes.map(changeHtml) : h`<p class="note">${count(changes.length, 'texte changé', 'textes changés')}\u00a0: <code>courtois letters diff ${letter.id} ${before.number} ${version.number}</code></p>`}</li>`
    })
  return h`${draft ? h`<p class="warn">${last ? 'Ce texte a été modifié depuis sa dernière version enregistrée.' : 'Ce courrier n’a pas encore de version enregistrée.'}</p>` : ''}
${items.length ? h`<ol class="versions" reversed>${items}</ol>` : ''}`
}

function changeHtml({ name, pieces }: { name: string; pieces: Piece[] }): Html {
  if (pieces.length === 0) return h`<p class="note">${name}</p>`
  return h`<details class="diff"${name === 'texte' ? h` open` : ''}><summary>Ce qui change dans le ${name === 'texte' ? 'texte' : `texte de la ${name}`}</summary><pre>${pieces.map(pieceHtml)}</pre></details>`
}

function pieceHtml({ kind, text }: Piece): Html {
  if (kind === 'gap') return h`<span class="gap"> […] </span>`
  if (kind === 'out') return h`<del><span class="sr">[retiré\u00a0: </span>${text}<span class="sr">]</span></del>`
  if (kind === 'in') return h`<ins><span class="sr">[ajouté\u00a0: </span>${text}<span class="sr">]</span></ins>`
  return h`${text}`
}
