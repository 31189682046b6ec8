// What a query cost, as the tree of its expression: each node with the series it gave, the cells it
// filled, its time and the share of the whole that it took itself. The agent measures; this draws.

import { get } from './api.js';
import { h } from './dom.js';
import { format } from './format.js';
import { t } from './lang.js';
import { tokens } from './promql.js';
import { share } from './spark.js';

/** Operands longer than this are named once, in their own row, and stand as `…` above it. */
const operandCharactersMax = 16;

/** The tree {node, series, cells, millis, selfMillis, children} of `query` at `time` in seconds. */
export const explained = (query, time) => get('/api/martlet/v1/explain', { query, time });

/** A card with the tree. */
export function explanation(root) {
  const whole = total(root) || 1; // shares of nothing are nothing
  return h('section.card.flush',
    h('header.panel-head', h('h2', t('explore.explain')), h('span.unit', time(root.millis))),
    h('p.explain-why.mute', t('explore.explain_why')),
    h('div.explain-wrap', { tabindex: 0, role: 'region', 'aria-label': t('explore.explain') },
      h('div.explain',
        h('div.explain-row.explain-head', { 'aria-hidden': 'true' }, h('span', t('explore.explain_node')),
          h('span', t('explore.explain_series')), h('span', t('explore.explain_cells')), h('span', t('explore.explain_time')), h('span', t('explore.explain_share'))),
        h('ul', branch(root, whole)))));
}

const total = node => node.children.reduce((sum, child) => sum + total(child), node.selfMillis);
const time = millis => format(millis, 'milliseconds');

function branch(node, whole) {
  const part = node.selfMillis / whole;
  return h('li',
    h('div.explain-row',
      h('code', { title: node.node }, tokens(folded(node)).map(token => h('span', { class: 'tok-' + token.kind }, token.text))),
      cell(t('explore.explain_series'), format(node.series, 'count')),
      cell(t('explore.explain_cells'), format(node.cells, 'count')),
      cell(t('explore.explain_time'), time(node.millis)),
      h('span.explain-share', { title: t('explore.explain_own', { time: time(node.selfMillis) }) },
        share(part), h('span', h('span.unseen', t('explore.explain_share') + ' '), percent(part)))),
    node.children.length ? h('ul', node.children.map(child => branch(child, whole))) : null);
}

const cell = (name, text) => h('span', h('span.unseen', name + ' '), text);

const percent = part => format(part > 0.1 ? Math.round(part * 100) / 100 : Math.round(part * 1000) / 1000, 'ratio');

/** The node's text, with its longer operands folded away. */
function folded({ node, children }) {
  let text = '';
  let from = 0;
  for (const child of children) {
    if (child.node.length <= operandCharactersMax) continue;
    const at = node.indexOf(child.node, from);
    if (at < 0) continue; // the agent wrote the operand in another way than the whole
    text += node.slice(from, at) + '…';
    from = at + child.node.length;
  }
  return text + node.slice(from);
}
