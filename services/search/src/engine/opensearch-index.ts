import type { Indices_Create_RequestBody } from '@opensearch-project/opensearch/api/index.js'

/** The similarity of every field, a name that the types of the client lack. */
const SIMILARITY: object = { default: { type: 'boolean' } }

type IndexSettings = NonNullable<Indices_Create_RequestBody['settings']>

/** Parts of speech without a meaning of their own: endings, particles, punctuation and the like. */
const STOP_TAGS =
  'EP EF EC ETN ETM IC JKS JKC JKG JKO JKB JKV JKQ JX JC MAJ SP SSC SSO SC SE SF XPN XSA XSN XSV VCP UNA NA VSV'.split(
    ' ',
  )

const PARTICLES =
  '에서는|에서도|에서만|으로는|으로도|까지만|까지는|이라도|이라고|에서|에게|으로|까지|부터|처럼|보다|이랑|이나|라도|은|는|이|가|을|를|에|의|도|만|와|과|로|랑'

const nori = (decompound_mode: 'mixed' | 'discard') => ({
  type: 'nori_tokenizer' as const,
  decompound_mode,
  discard_punctuation: true,
})

/**
 * Every text has three readings, since none finds everything: morphemes (by nori, compounds as a
 * whole and in parts), pairs of syllables (any part of a word, also of names and new words) and
 * whole words without their particle.
 *
 * The score depends on the reading that matched, never on the frequency of a word: frequencies
 * change, and would move hits between two pages of one pagination.
 */
export const INDEX = {
  settings: {
    refresh_interval: '1s',
    similarity: SIMILARITY,
    analysis: {
      char_filter: {
        script_border: {
          type: 'pattern_replace',
          pattern: '(?<=[a-zA-Z0-9])(?=[가-힣])|(?<=[가-힣])(?=[a-zA-Z0-9])',
          replacement: ' ',
        },
      },
      tokenizer: { nori_mixed: nori('mixed'), nori_discard: nori('discard') },
      filter: {
        content_words: { type: 'nori_part_of_speech', stoptags: STOP_TAGS },
        english: { type: 'stemmer', language: 'porter2' },
        particles: {
          type: 'pattern_replace',
          pattern: `^([가-힣]+?)(${PARTICLES})$`,
          replacement: '$1',
        },
      },
      analyzer: {
        morphemes: {
          type: 'custom',
          tokenizer: 'nori_mixed',
          filter: ['content_words', 'nori_readingform', 'lowercase', 'english'],
        },
        morphemes_asked: {
          type: 'custom',
          tokenizer: 'nori_discard',
          filter: ['content_words', 'nori_readingform', 'lowercase', 'english'],
        },
        pairs: {
          type: 'custom',
          char_filter: ['script_border'],
          tokenizer: 'standard',
          filter: ['lowercase', 'cjk_bigram', 'english'],
        },
        words: {
          type: 'custom',
          char_filter: ['script_border'],
          tokenizer: 'standard',
          filter: ['lowercase', 'particles', 'english'],
        },
        exact: {
          type: 'custom',
          char_filter: ['script_border'],
          tokenizer: 'standard',
          filter: ['lowercase', 'cjk_bigram'],
        },
      },
    } satisfies IndexSettings['analysis'],
  },
  mappings: {
    dynamic: 'strict',
    // Documents are only searched: what is shown comes from the rows of content-svc.
    _source: { enabled: false },
    properties: {
      id: { type: 'long' },
      author_id: { type: 'long' },
      post_id: { type: 'long' },
      created_at: { type: 'date' },
      text: {
        type: 'text',
        analyzer: 'morphemes',
        search_analyzer: 'morphemes_asked',
        fields: {
          pairs: { type: 'text', analyzer: 'pairs' },
          words: { type: 'text', analyzer: 'words' },
          exact: { type: 'text', analyzer: 'exact' },
        },
      },
    },
  } satisfies Indices_Create_RequestBody['mappings'],
}
