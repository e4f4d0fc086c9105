import type { Random } from './random.ts'

const KOREAN = {
  when: [
    '오늘',
    '어제',
    '주말에',
    '퇴근길에',
    '아침마다',
    '비 오는 날',
    '점심시간에',
    '새벽에',
    '이번 달에',
    '여름밤에',
  ],
  where: [
    '한강에서',
    '연남동에서',
    '작은 책방에서',
    '회사 옥상에서',
    '동네 빵집에서',
    '북한산에서',
    '지하철에서',
    '바닷가에서',
    '도서관에서',
    '시장 골목에서',
  ],
  what: [
    '커피를 마셨다',
    '시집을 한 권 샀다',
    '고양이를 만났다',
    '노을을 찍었다',
    '십 킬로미터를 달렸다',
    '김치찌개를 끓였다',
    '친구와 오래 걸었다',
    '새 코드를 배포했다',
    '사워도우를 구웠다',
    '오래된 노래를 들었다',
  ],
  end: [
    '기분이 좋다.',
    '내일도 그러고 싶다.',
    '다들 어떻게 지내나요?',
    '사진은 나중에 올릴게요.',
    '생각보다 쉽지 않았다.',
    '추천합니다!',
    '역시 이 맛이지.',
    '벌써 금요일이라니.',
    '다음엔 같이 가요 🙂',
    '기록해 둔다.',
  ],
}

const ENGLISH = {
  when: [
    'Today',
    'Last night',
    'On the way home',
    'Early this morning',
    'During lunch',
    'On a rainy Sunday',
    'After the release',
    'Before the meeting',
  ],
  where: [
    'by the river',
    'in a quiet bookshop',
    'on the rooftop',
    'at the corner bakery',
    'on the trail',
    'in the library',
    'at the market',
    'near the station',
  ],
  what: [
    'I read three chapters',
    'we fixed the oldest bug',
    'a cat adopted me',
    'I baked sourdough',
    'we watched the sunset',
    'I ran ten kilometres',
    'someone played the cello',
    'I learned a new word',
  ],
  end: [
    'Worth it.',
    'What a day!',
    'Would do it again.',
    'Anyone else?',
    'Photos to follow.',
    'Not as easy as it looks.',
    'Highly recommended.',
    'Back to work now.',
  ],
}

/** A random sentence; two of three are Korean. */
export function sentenceOf(random: Random): string {
  const isKorean = random() < 0.67
  const { when, where, what, end } = isKorean ? KOREAN : ENGLISH
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? ''
  return isKorean
    ? `${pick(when)} ${pick(where)} ${pick(what)}. ${pick(end)}`
    : `${pick(when)} ${pick(where)}, ${pick(what)}. ${pick(end)}`
}
