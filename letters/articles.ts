import { readYaml } from '../schema/validate.ts'

/** An article of law that letters cite, and the day its text was read. */
export interface ReadArticle {
  article: string
  objet: string
  source: string
  verifie_le: string
  confirme: 'oui' | 'non'
}

/** An article that letters cite and whose text nobody has read yet, and the day it was last looked at. */
export interface UnreadArticle {
  article: string
  examine_le: string
  confirme: 'non'
}

const articles = (): (ReadArticle | UnreadArticle)[] =>
  readYaml<(ReadArticle | UnreadArticle)[]>(new URL('./articles.yaml', import.meta.url), 'articles')

/** What letters/articles.yaml tells of articles that were read, in its order. */
export const readArticles = (): ReadArticle[] => articles().filter((line) => 'verifie_le' in line)

/** The articles it names as cited and not read yet. */
export const unreadArticles = (): UnreadArticle[] => articles().filter((line) => 'examine_le' in line)
