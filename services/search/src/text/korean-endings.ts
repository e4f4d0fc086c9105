const longestFirst = (text: string) => text.split(/\s+/).sort((a, b) => b.length - a.length)

/** Particles that follow a noun: 부산에서 is 부산 with a particle. */
const PARTICLES = longestFirst(`은 는 이 가 을 를 에 의 도 만 와 과 랑 로 나 야 요 께 들 뿐 님 씩 쯤
  에서 에게 으로 까지 부터 처럼 보다 마저 조차 밖에 이나 이랑 이라 라도 한테 께서 예요 이다 였다
  에는 에도 에만 로는 로도 만은 만이 들이 들은 들을 에서는 에서도 에서만 에서의 에게는 에게도 으로는 으로도 까지는 까지도 까지만 부터는 부터도
  이라도 이라고 이라는 이라서 이에요 입니다 한테서 으로서 으로써 보다는 만으로 들에게 이었다`)

/** Endings of verbs and adjectives: 추천합니다 is 추천 with an ending, 맛있어요 is 맛있 with one. */
const ENDINGS =
  longestFirst(`하다 했다 해요 한다 하는 하고 하며 하면 하게 하던 하더라 했어요 했는데 합니다 했습니다 하네요 하기 해서 하자
  받은 받다 받았다 되다 된다 됐다 된 됩니다
  다 고 는데 어요 아요 었다 았다 었는데 았는데 더라 습니다 네요 지만 게 던 니까 으면 어서 아서`)

/** A particle may leave one syllable (책을: 책), an ending must leave two: 판다 (a panda) is not 판. */
const SYLLABLES_BEFORE_PARTICLE = 1
const SYLLABLES_BEFORE_ENDING = 2

const endingOf = (word: string, endings: readonly string[], syllablesBefore: number) =>
  endings.find(
    (ending) => word.length >= ending.length + syllablesBefore && word.endsWith(ending),
  ) ?? ''

/** A Hangul word without its longest particle or ending, or the word itself. Works without a dictionary. */
export function stripEnding(word: string): string {
  const particle = endingOf(word, PARTICLES, SYLLABLES_BEFORE_PARTICLE)
  const ending = endingOf(word, ENDINGS, SYLLABLES_BEFORE_ENDING)
  const longest = ending.length > particle.length ? ending : particle
  return longest === '' ? word : word.slice(0, -longest.length)
}
