import { useStore } from '../store/store.ts'
import { type Announcement, createAnnouncements } from './announcements.ts'

const announcements = createAnnouncements()

export const { announce, dismiss } = announcements
export const useAnnouncements = (): readonly Announcement[] => useStore(announcements.store)
