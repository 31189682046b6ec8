// What the browser remembers: theme, language, refresh, history. Private windows may refuse
// storage; then choices last as long as the page.

const here = new Map();

export function kept(name, otherwise = null) {
  if (here.has(name)) return here.get(name);
  try {
    const text = localStorage.getItem('martlet.' + name);
    return text === null ? otherwise : text;
  } catch { return otherwise; }
}

export function keep(name, value) {
  here.set(name, value);
  try {
    if (value === null) localStorage.removeItem('martlet.' + name);
    else localStorage.setItem('martlet.' + name, value);
  } catch { /* remembered in `here` */ }
}
