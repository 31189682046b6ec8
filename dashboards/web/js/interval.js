// The running interval of a gain as a small picture: the line is the interval, the dot the mean, the
// short mark the margin; what lies left of the mark is a loss that matters.

import { h, svg } from './dom.js';
import { digits } from './format.js';
import { t } from './lang.js';

const [width, height, pad] = [200, 20, 6];

export function intervalOf(one) {
  if (one.low === null || one.high === null) return h('span.mute', '–');
  const reach = one.scale === 'floor' ? null : Math.max(Math.abs(one.low), Math.abs(one.high), 2 * Math.abs(one.threshold));
  const [from, to] = reach === null ? [Math.min(one.low, one.threshold) - 0.01, 1.005] : [-reach, reach];
  const x = value => pad + (width - 2 * pad) * (value - from) / (to - from);
  const said = t('rehearsals.interval.said', { low: digits(one.low), high: digits(one.high), threshold: digits(one.threshold) });
  const line = (x1, x2, y1, y2, kind) => svg('line', { x1, x2, y1, y2, class: kind });
  return svg('svg.interval', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': said },
    svg('title', {}, said),
    reach === null ? null : line(x(0), x(0), 2, height - 2, 'zero'),
    line(x(one.threshold), x(one.threshold), 1, height - 1, 'margin'),
    line(x(one.low), x(one.high), height / 2, height / 2, 'reach'),
    svg('circle', { cx: x(one.gain), cy: height / 2, r: 3, class: 'mean' }));
}
