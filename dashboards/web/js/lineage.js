// What belongs together, from any end: model version, commit, data, build, deployment, release,
// incident, feedback. A thing of the answer can be asked in its turn.

import { get } from './api.js';
import { h, put } from './dom.js';
import { unknown } from './format.js';
import { has, t } from './lang.js';
import { failure, skeleton } from './parts.js';
import { list } from './said.js';
import { table } from './table.js';

const kinds = ['release', 'commit', 'change', 'build', 'test', 'deployment', 'incident', 'model', 'data', 'training', 'feedback', 'item'];
const kindWord = kind => (has('trace.kind.' + kind) ? t('trace.kind.' + kind) : String(kind ?? unknown));

/** Shows in `place` what belongs to a thing. */
export async function lineageInto(place, kind, id) {
  put(place, skeleton(3));
  try {
    const data = await get('/api/martlet/v1/delivery/traceability', { kind, id });
    const nodes = list(data?.nodes);
    put(place, nodes.length > 1 ? table([
      { title: t('trace.kind'), text: node => kindWord(node.kind) },
      { title: t('kpi.row'), text: node => String(node.id ?? unknown), cell: node => (node.distance ? h('button.link.mono', { type: 'button', onclick: () => lineageInto(place, node.kind, node.id) }, String(node.id)) : h('b.mono', String(node.id ?? unknown))) },
      { title: t('trace.steps'), numeric: true, value: node => node.distance ?? null, cell: node => String(node.distance ?? unknown) },
      { title: t('trace.links'), text: node => list(node.links).length, cell: node => list(node.links).slice(0, 4).map(text => h('div.mono.mute', text)) },
    ], nodes, { caption: t('trace.of', { id }), order: [2, 'up'], rowsMax: 200 }) : h('p.mute', t('releases.trace_none')));
  } catch (error) {
    put(place, error.status === 404 ? h('p.mute', t('releases.trace_none')) : failure(error, () => lineageInto(place, kind, id)));
  }
}

/** Asks for a thing by its kind and id. */
export function lineageForm() {
  const answer = h('div');
  const kind = h('select', { 'aria-label': t('trace.kind') }, kinds.map(one => h('option', { value: one }, kindWord(one))));
  const id = h('input', { type: 'text', required: true, placeholder: t('trace.ask'), 'aria-label': t('trace.ask') });
  return h('details.card.lineage', h('summary', t('trace.title')),
    h('form.override', { onsubmit: event => {
      event.preventDefault();
      lineageInto(answer, kind.value, id.value.trim());
    } }, kind, id, h('button.secondary', { type: 'submit' }, t('trace.show'))), answer);
}
