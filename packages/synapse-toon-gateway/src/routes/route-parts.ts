import type { SynapseToon } from 'synapse-toon'
import type { AnswerSource } from '../sources/source.ts'
import type { WhoAsks } from '../who-asks.ts'

/** What the routes of questions and answers are made of. */
export interface RouteParts {
  readonly source: AnswerSource
  readonly toon: SynapseToon
  readonly whoAsks: WhoAsks
}
