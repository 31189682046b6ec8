// Line icons, 16 px, in the colour of the text beside them. Decoration only: each stands beside a
// word or in a button that has a name.

import { svg } from './dom.js';

const paths = {
  home: 'M2.500 7.500 8 3l5.500 4.500V13h-4V9.500h-3V13h-4z',
  decisions: 'M8 14V9m0 0L3.500 5.500M8 9l4.500-3.500M3.500 8V5.500H6M10 5.500h2.500V8',
  delivery: 'M2 5h7v6H2zM9 7h3l2 2v2H9M4.500 13a1.200 1.200 0 1 0 0-2.400 1.200 1.200 0 0 0 0 2.400zM11.500 13a1.200 1.200 0 1 0 0-2.400 1.200 1.200 0 0 0 0 2.400z',
  models: 'M8 2.500 13 5v6l-5 2.500L3 11V5zM3 5l5 2.500L13 5M8 7.500v6',
  rehearsals: 'M3 4.500h7a3 3 0 0 1 0 6H6M8 8 5.500 10.500 8 13',
  alerts: 'M8 2.500a3.500 3.500 0 0 0-3.500 3.500v3L3 11.500h10L11.500 9V6A3.500 3.500 0 0 0 8 2.500zM6.500 13.500h3',
  logs: 'M3 4h10M3 7h10M3 10h7M3 13h5',
  explore: 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM10.500 10.500 14 14',
  dashboards: 'M2.500 2.500h4.500v6H2.500zM9 2.500h4.500v3.500H9zM9 8h4.500v5.500H9zM2.500 10.500H7v3H2.500z',
  system: 'M3 3h10v4H3zM3 9h10v4H3zM5.500 5h.1M5.500 11h.1',
  help: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.200 6.300a1.800 1.800 0 1 1 2.600 1.700c-.5.3-.8.6-.8 1.200M8 11.300h.1',
  refresh: 'M13 8a5 5 0 1 1-1.500-3.500L13 6M13 2.800V6H9.800',
  left: 'M10 3 5 8l5 5', right: 'M6 3l5 5-5 5', down: 'M3.500 6 8 10.500 12.500 6',
  wide: 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM10.500 10.500 14 14M5 7h4',
  table: 'M2.500 3h11v10h-11zM2.500 6.300h11M2.500 9.600h11M6.500 3v10',
  copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
  play: 'M4.500 3v10l8-5z', pause: 'M5 3.500v9M11 3.500v9', close: 'M4 4l8 8M12 4l-8 8',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1 1M11.600 11.600l1 1M3.400 12.600l1-1M11.600 4.400l1-1',
  moon: 'M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500z',
  system_theme: 'M2 3h12v8H2zM6 13.500h4', menu: 'M2.500 4.500h11M2.500 8h11M2.500 11.500h11',
};

export function icon(name) {
  return svg('svg.icon', { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' }, svg('path', { d: paths[name] || '' }));
}

/** The martlet itself: the swift that never lands. */
export function mark() {
  return svg('svg.mark', { viewBox: '0 0 32 32', width: 22, height: 22, 'aria-hidden': 'true' },
    svg('path', { d: 'M2 8c6.200.2 10.600 2 13.600 5.600 1.800-1.900 3.700-3.100 5.900-4 1.200-.5 2.500-.6 3.600-.4L30.500 11l-4.500 1.500c-.4 4-2.500 7-6.100 8.700l-.7 8.500-3.700-6.700L8 26.400l4.600-7C7.600 18 3.800 14.200 2 8z' }));
}
