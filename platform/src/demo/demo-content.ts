/** A small neighbourhood, Korean first, so that every page has something on it. */
export const DEMO_MEMBERS = [
  {
    handle: 'minji',
    memberName: '김민지',
    displayName: '민지',
    bio: '서울에서 백엔드를 만듭니다. 주말에는 빵을 굽습니다.',
  },
  {
    handle: 'sora',
    memberName: '박소라',
    displayName: '소라',
    bio: '오늘 저녁 메뉴를 고민하는 사람.',
  },
  { handle: 'junho', memberName: '이준호', displayName: '준호', bio: '작은 책방을 찾아다닙니다.' },
  {
    handle: 'daniel',
    memberName: 'Daniel Kim',
    displayName: 'Daniel',
    bio: 'Runs databases by day, runs along the Han river by night.',
  },
  {
    handle: 'leah',
    memberName: 'Leah Park',
    displayName: 'Leah',
    bio: 'Photos, mostly of cats that are not mine.',
  },
  { handle: 'hyun', memberName: '최현우', displayName: '현우', bio: '카프카와 커피를 좋아합니다.' },
  {
    handle: 'yuna',
    memberName: '정유나',
    displayName: '유나',
    bio: '등산 100대 명산 도전 중 (37/100)',
  },
  {
    handle: 'grace',
    memberName: 'Grace Lee',
    displayName: 'Grace',
    bio: 'Learning Korean one menu at a time.',
  },
] as const

export type DemoHandle = (typeof DEMO_MEMBERS)[number]['handle']

/** The one whose login is printed follows these; the others stay as recommendations. */
export const DEMO_FOLLOWS: readonly (readonly [DemoHandle, DemoHandle])[] = [
  ['minji', 'sora'],
  ['minji', 'junho'],
  ['minji', 'daniel'],
  ['minji', 'hyun'],
  ['sora', 'minji'],
  ['sora', 'junho'],
  ['junho', 'minji'],
  ['junho', 'sora'],
  ['daniel', 'minji'],
  ['daniel', 'leah'],
  ['leah', 'daniel'],
  ['leah', 'grace'],
  ['hyun', 'minji'],
  ['hyun', 'yuna'],
  ['yuna', 'hyun'],
  ['grace', 'leah'],
  ['grace', 'sora'],
]

interface DemoComment {
  by: DemoHandle
  content: string
  replies?: readonly DemoComment[]
}

interface DemoPost {
  by: DemoHandle
  title?: string
  content: string
  likedBy?: readonly DemoHandle[]
  comments?: readonly DemoComment[]
}

export const DEMO_POSTS: readonly DemoPost[] = [
  {
    by: 'grace',
    content: 'First week in Seoul. I can now order 김밥 without pointing at it.',
    likedBy: ['leah', 'sora'],
  },
  {
    by: 'leah',
    title: 'Cat report',
    content: 'The bookshop cat has a new cushion and refuses to discuss it.',
    likedBy: ['grace', 'daniel'],
  },
  {
    by: 'yuna',
    content: '북한산 백운대, 새벽 다섯 시. 구름 위에서 먹는 김밥이 제일 맛있다.',
    likedBy: ['hyun', 'minji', 'sora'],
  },
  {
    by: 'hyun',
    title: '날짜별 토픽을 쓰는 이유',
    content:
      '어제 하루치 이벤트만 다시 돌려야 했는데, 토픽이 날짜별로 나뉘어 있어서 정말 그 하루만 다시 읽었다. 두 번 돌려도 결과가 같다는 것이 핵심.',
    likedBy: ['minji', 'daniel', 'junho'],
  },
  {
    by: 'junho',
    content:
      '퇴근길에 발견한 작은 책방. 주인 아저씨가 추천해 준 시집을 한 권 샀다. 오늘의 문장: “밤은 길고, 우리는 아직 젊다.”',
    likedBy: ['minji', 'sora'],
  },
  {
    by: 'daniel',
    content:
      'PostgreSQL tip of the day: a partial index on what is still pending stays small however long the history grows.',
    likedBy: ['hyun', 'minji', 'leah'],
  },
  {
    by: 'minji',
    title: '사워도우 세 번째 도전',
    content: '드디어 기공이 생겼다! 물 온도를 2도 낮춘 것이 비결이었던 것 같다.',
    likedBy: ['sora', 'junho', 'yuna', 'daniel'],
  },
  {
    by: 'sora',
    content: '오늘 하루도 끝! 저녁엔 김치찌개, 후식은 귤 세 개 🍊 여러분은 뭐 드셨어요?',
    likedBy: ['minji', 'junho', 'yuna', 'grace', 'hyun'],
    comments: [
      {
        by: 'minji',
        content: '저는 된장찌개요! 김치찌개도 맛있겠다.',
        replies: [
          {
            by: 'sora',
            content: '내일은 된장찌개로 갑니다 😋',
            replies: [{ by: 'minji', content: '두부 많이 넣어 주세요!' }],
          },
        ],
      },
      {
        by: 'grace',
        content: 'I had 비빔밥 and I am not sorry.',
        replies: [{ by: 'sora', content: 'Good choice! 고추장 많이?' }],
      },
      { by: 'junho', content: '귤 세 개면 참으신 거네요.' },
    ],
  },
  {
    by: 'junho',
    title: '이번 주말 책 모임',
    content:
      '토요일 오후 세 시, 연남동. 이번 달 책은 모두 함께 고릅니다. 오실 분은 댓글 남겨 주세요.',
    likedBy: ['minji', 'leah'],
    comments: [
      {
        by: 'minji',
        content: '저 갈게요! 빵도 가져갑니다.',
        replies: [{ by: 'junho', content: '빵 환영입니다.' }],
      },
      {
        by: 'leah',
        content: 'Is the cat invited?',
        replies: [{ by: 'junho', content: 'The cat is the host.' }],
      },
    ],
  },
  {
    by: 'daniel',
    content: 'Ran 10 km along the Han river tonight. The bridge lights make every pace look fast.',
    likedBy: ['yuna', 'leah', 'minji'],
    comments: [{ by: 'yuna', content: '다음엔 산으로 오세요!' }],
  },
  {
    by: 'hyun',
    content: '새 원두 도착. 오늘 배포는 에티오피아 예가체프와 함께.',
    likedBy: ['minji', 'yuna'],
  },
]
