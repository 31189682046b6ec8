// Asks the agent. Every answer has Prometheus' envelope; an error becomes one `ApiError` that says
// what, and whether nobody answered at all. Counts what is under way for the line below the header.

export class ApiError extends Error {
  constructor(message, { status = 0, kind = '', offline = false, position = null } = {}) {
    super(message);
    Object.assign(this, { status, kind, offline, position });
  }
}

let underWay = 0;
let online = true;
const watchers = new Set();
export function watchNetwork(watcher) { watchers.add(watcher); }
function tell() { for (const watcher of watchers) watcher({ underWay, online }); }

/** A URL longer than this is sent as a form: servers and proxies begin to refuse at 8 KB. */
const urlCharactersMax = 4000;

/** GETs a path of the agent and gives the whole envelope `{data, warnings, infos}`. */
export async function ask(path, params = {}, signal) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== '') search.append(name, one);
  }
  const text = search.toString();
  const long = text.length > urlCharactersMax;
  const url = text && !long ? `${path}?${text}` : path;
  return answer(url, { signal, ...(long ? { method: 'POST', body: search } : {}) });
}

/** POSTs an object as JSON and gives the `data` of the answer. */
export const post = async (path, body) => (await answer(path, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
}))?.data;

async function answer(url, options) {
  underWay += 1;
  tell();
  try {
    const got = await fetch(url, options);
    online = true;
    const body = await got.json().catch(() => null);
    if (!got.ok || body?.status === 'error' || (!body && got.headers.get('content-length') !== '0')) {
      const message = body?.error || body?.message || (typeof body === 'string' && body) || `${got.status} ${got.statusText}`;
      throw new ApiError(message, { status: got.status, kind: body?.errorType || '', position: body?.position });
    }
    return body;
  } catch (error) {
    if (error.name === 'AbortError' || error instanceof ApiError) throw error;
    online = false;
    throw new ApiError(error.message, { offline: true });
  } finally {
    underWay -= 1;
    tell();
  }
}

/** GETs an answer without an envelope, as Alertmanager's API gives it. */
export const plain = path => answer(path, {});

export const remove = path => answer(path, { method: 'DELETE' });

export const get = async (path, params, signal) => (await ask(path, params, signal)).data;

export const instant = (query, time, signal) => ask('/api/v1/query', { query, time }, signal);
export const ranged = (query, start, end, step, signal) =>
  ask('/api/v1/query_range', { query, start, end, step }, signal);

export const home = () => get('/api/martlet/v1/home');
export const status = () => get('/api/martlet/v1/status');
export const logs = (params, signal) => get('/api/martlet/v1/logs', params, signal);
export const rules = async () => (await get('/api/v1/rules')).groups || [];
