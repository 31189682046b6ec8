// Small drawings in SVG: a sparkline with an optional threshold, a bar of a share, and stacked bars
// over time. They have no axes; their meaning is said in words for those who do not see them.

import { h, svg } from './dom.js';

/** A line of [time, value or null] pairs with a fill of 12 %; null where there is nothing to draw. */
export function sparkline(points, { label = '', threshold = null, min = 0, max = null, height = 40 } = {}) {
  const known = points.filter(([, value]) => Number.isFinite(value));
  if (known.length < 2) return null;
  const values = known.map(([, value]) => value);
  if (threshold !== null) values.push(threshold);
  const low = Math.min(...values, min ?? Infinity);
  const high = max ?? Math.max(...values);
  const span = high - low || 1;
  const [first, last] = [points[0][0], points.at(-1)[0]];
  const width = 240;
  const x = time => ((time - first) / (last - first || 1)) * width;
  const y = value => height - 2 - ((value - low) / span) * (height - 4);
  let line = '';
  let area = '';
  let open = null;
  const close = end => { if (open !== null) area += `L${x(end).toFixed(1)} ${height}L${open.toFixed(1)} ${height}Z`; open = null; };
  let previous = first;
  for (const [time, value] of points) {
    if (!Number.isFinite(value)) { close(previous); continue; }
    const at = `${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
    line += (open === null ? 'M' : 'L') + at;
    area += (open === null ? 'M' : 'L') + at;
    if (open === null) open = x(time);
    previous = time;
  }
  close(previous);
  return svg('svg.spark', {
    viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label, height,
  },
  svg('path.spark-area', { d: area }), svg('path.spark-line', { d: line }),
  threshold === null ? null : svg('line.spark-threshold', { x1: 0, x2: width, y1: y(threshold), y2: y(threshold) }));
}

/** A share from 0 to 1 as a bar; `state` colours only what is not right. */
export function share(value, state = '') {
  const known = Number.isFinite(value);
  const bar = h('span.share', { 'aria-hidden': 'true', 'data-state': state });
  if (known) bar.append(h('span.share-fill', { style: `width:${Math.min(100, Math.max(0, value * 100)).toFixed(1)}%` }));
  return bar;
}

/**
 * Stacked bars: buckets [{time, counts}] in seconds, `keys` from bottom to top with their colour
 * tokens, over [from, to] in milliseconds. `onPick(from, to)` gets the span of a clicked bar or drag.
 */
export function bars(buckets, { keys, width, height, from, to, stepMillis, say, onPick }) {
  const high = Math.max(1, ...buckets.map(b => keys.reduce((sum, [key]) => sum + (b.counts[key] || 0), 0)));
  const x = millis => ((millis - from) / (to - from || 1)) * width;
  const wide = Math.max(1, x(from + stepMillis) - 1);
  const picture = svg('svg.bars', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', height, role: 'img', 'aria-label': say(null) });
  for (const bucket of buckets) {
    const start = bucket.time * 1000;
    if (start + stepMillis <= from || start >= to) continue;
    const group = svg('g.bar', { tabindex: -1 }, svg('title', {}, say(bucket)));
    group.append(svg('rect.bar-reach', { x: x(start), y: 0, width: wide + 1, height }));
    let base = height;
    for (const [key, token] of keys) {
      const count = bucket.counts[key] || 0;
      if (!count) continue;
      const tall = Math.max(1.5, (count / high) * (height - 4));
      base -= tall;
      group.append(svg('rect', { x: x(start), y: base, width: wide, height: tall, style: `fill:var(--${token})` }));
    }
    picture.append(group);
  }
  const veil = svg('rect.bars-veil', { y: 0, height, width: 0 });
  picture.append(veil);
  drag(picture, veil, (a, b) => {
    const at = pixel => from + (pixel / width) * (to - from);
    if (b - a > 4) return onPick(at(a), at(b));
    const bucket = buckets.find(one => one.time * 1000 <= at(a) && at(a) < one.time * 1000 + stepMillis);
    if (bucket) onPick(bucket.time * 1000, bucket.time * 1000 + stepMillis);
  });
  return picture;
}

function drag(picture, veil, done) {
  let began = null;
  const place = event => { // the picture may have been stretched since it was drawn
    const box = picture.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * picture.viewBox.baseVal.width;
  };
  picture.addEventListener('pointerdown', event => {
    began = place(event);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener('pointermove', event => {
    if (began === null) return;
    const now = place(event);
    veil.setAttribute('x', Math.min(began, now));
    veil.setAttribute('width', Math.abs(now - began));
  });
  picture.addEventListener('pointerup', event => {
    if (began === null) return;
    const ends = [began, place(event)].sort((a, b) => a - b);
    began = null;
    veil.setAttribute('width', 0);
    done(...ends);
  });
}
