/** Line drawings on a 24 × 24 grid, hidden from screen readers: the control that holds an icon has the name. */
const PATHS = {
  news: 'M4 5h12v14H6a2 2 0 0 1-2-2zM16 9h4v8a2 2 0 0 1-2 2M7.5 9h5M7.5 12.5h5M7.5 16h3',
  popular:
    'M12 3c.5 3.5 5 5 5 10a5 5 0 0 1-10 0c0-2 1-3.2 2-4.2.3 1.2 1 1.9 1.6 2.2C10.6 8 11 5 12 3z',
  comment: 'M20 11.500a7.5 7.5 0 0 1-11 6.600L4 19.500l1.4-4.500A7.5 7.5 0 1 1 20 11.500z',
  recent: 'M12 7v5l3.5 2M20.5 12a8.5 8.5 0 1 1-2.8-6.300M20.5 3.500v4h-4',
  mine: 'M5 4h14v16H5zM9 8.500h6M9 12h6M9 15.500h3',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.500c.8-3.8 3.8-5.5 7.5-5.500s6.7 1.7 7.5 5.5',
  people:
    'M9 11.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.500c.6-3.3 3.2-5 6.5-5s5.9 1.7 6.5 5M15.5 4.800a3.5 3.5 0 0 1 0 6.400M18 14.900c1.9.8 3.1 2.3 3.5 4.6',
  shield:
    'M12 3.5l7 2.6v5.4c0 4.400-2.900 7.600-7 9-4.100-1.400-7-4.600-7-9V6.100zM9 12l2.200 2.200L15.200 10',
  bell: 'M6 10a6 6 0 1 1 12 0c0 4.5 2 6 2 6H4s2-1.5 2-6zM10 19.500a2.2 2.2 0 0 0 4 0',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  heart:
    'M12 20s-7.5-4.6-7.5-10.200A4.3 4.3 0 0 1 12 7a4.3 4.3 0 0 1 7.5 2.800C19.5 15.4 12 20 12 20z',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  pencil: 'M4 20l1-4L16.5 4.500l3 3L8 19z',
  bin: 'M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13M10.5 11v5.500M13.5 11v5.5',
  leave: 'M14 4.500H6v15h8M10.5 12H20M16.5 8.500L20 12l-3.5 3.5',
  back: 'M19 12H5M11 6l-6 6 6 6',
} as const
export type IconName = keyof typeof PATHS

export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      width="22"
      height="22"
      aria-hidden="true"
      fill={filled ? 'currentColor' : 'none'}
    >
      <path
        d={PATHS[name]}
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
