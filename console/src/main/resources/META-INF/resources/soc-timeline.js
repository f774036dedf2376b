// What was said, done and judged on one time axis. Data comes as the property `model` (see TimelineModel); every text is set with
// textContent. Fires `soc-select` with {id} when something with an event is chosen.
const SVG = 'http://www.w3.org/2000/svg';
const LEFT = 96, RIGHT = 40, CHAR = 6.7;

class SocTimeline extends HTMLElement {
  constructor() {
    super();
    this._model = null;
    this._view = null;
    this._selected = '';
    this._redraw = 0;
  }

  connectedCallback() {
    // Set before this file was loaded: the value sits on the element and hides the accessor.
    for (const name of ['span', 'model', 'selected']) {
      if (Object.hasOwn(this, name)) { const value = this[name]; delete this[name]; this[name] = value; }
    }
    this._observer = new ResizeObserver(() => this._schedule());
    this._observer.observe(this);
    this._schedule();
  }

  disconnectedCallback() { this._observer.disconnect(); }

  set model(model) {
    const before = this._model;
    this._model = typeof model === 'string' ? JSON.parse(model) : model;
    // A view that somebody chose stays where it is, also when the session is found to have begun earlier.
    if (!before || !this._chosen) this._view = this._initial();
    else this._view = this._view.map(t => t + before.start - this._model.start);
    this._place();
    this._schedule();
  }
  get model() { return this._model; }

  // `KEY|FROM,TO` in milliseconds since the epoch, or `KEY|`: what somebody chose before is forgotten, the view is that piece or the usual one.
  set span(span) {
    const piece = span.slice(span.indexOf('|') + 1);
    this._chosen = false;
    this._looked = undefined;
    clearTimeout(this._rest);
    this._span = piece ? piece.split(',').map(Number) : null;
    if (this._model) { this._view = this._initial(); this._place(); this._schedule(); }
  }

  _place() {
    if (!this._span) return;
    this._view = this._span.map(t => t - this._model.start);
    this._span = null;
    this._chosen = true;
  }

  set selected(id) { this._selected = id || ''; this._schedule(); }
  get selected() { return this._selected; }

  fit() { this._chosen = true; this._view = this._whole(); this._schedule(); }

  focusDeviations() { this._chosen = true; this._view = this._around(); this._schedule(); }

  zoom(factor, at) {
    const [a, b] = this._view, middle = at === undefined ? (a + b) / 2 : at;
    const span = Math.min(Math.max((b - a) * factor, 1), (this._model.end || 1) * 4);
    const share = (middle - a) / (b - a || 1);
    this._chosen = true;
    this._view = [middle - span * share, middle + span * (1 - share)];
    this._schedule();
  }

  _whole() {
    const end = Math.max(this._model.end, 1);
    return [-end * 0.01, end * 1.03];
  }

  _around() {
    const d = this._model.deviations;
    if (!d.length) return this._whole();
    const first = Math.min(...d), last = Math.max(...d), pad = Math.max((last - first) * 1.5, 1500);
    return [Math.max(first - pad, -pad * 0.05), last + pad * 0.5];
  }

  // Short sessions are shown whole; long ones open at what deviates.
  _initial() { return this._model.end > 60000 && this._model.deviations.length ? this._around() : this._whole(); }

  _schedule() {
    if (this._redraw) return;
    this._redraw = requestAnimationFrame(() => { this._redraw = 0; this._draw(); });
  }

  _x(t) { const [a, b] = this._view; return LEFT + (t - a) / (b - a) * (this._width - LEFT - RIGHT); }

  _draw() {
    if (!this._model || !this.isConnected || !this.clientWidth) return;
    this._width = this.clientWidth;
    const m = this._model, svg = this._el('svg', { role: 'group', 'aria-label': 'Timeline: said, done, judged' });
    const grid = this._add(svg, 'g', { class: 'grid' });
    let y = 24;

    // said
    this._head(svg, 'SAID', y + 18, 'said', 'lane-said');
    const rows = [];
    // What deviates gets its place first, then the calls; the text around them has what is left.
    const rank = s => (s.tone === 'bad' ? 0 : s.mono ? 1 : 2);
    for (const s of m.said.toSorted((a, b) => rank(a) - rank(b))) {
      const x = this._x(s.t), label = s.label, w = Math.min(label.length * (s.mono ? CHAR : 6) + 16, 260);
      if (x + w < LEFT || x > this._width - 8) continue;
      const fx = Math.min(Math.max(x, LEFT), Math.max(LEFT, this._width - w - 8));
      let row = rows.findIndex(taken => taken.every(([a, b]) => b < fx - 6 || a > fx + w + 6));
      if (row < 0) { if (rows.length >= 7) continue; row = rows.length; rows.push([]); }
      rows[row].push([fx, fx + w]);
      const g = this._item(svg, s.id, 'claim ' + s.tone, label, s.call);
      const top = y + 6 + row * 26;
      this._add(g, 'path', { d: `M${x} ${top + 20}V${top + 24}`, class: 'tick' });
      this._add(g, 'rect', { x: fx, y: top, width: w, height: 20, rx: 4 });
      this._text(g, fx + 8, top + 14, label, s.mono ? 'm' : '', w - 14);
    }
    y += 12 + Math.max(rows.length, 1) * 26 + 4;
    this._rule(svg, y);

    // done: processes
    y += 6;
    this._head(svg, 'DONE', y + 14, 'done', 'lane-done');
    this._note(svg, 'processes', y + 32);
    y += 20;
    const lanes = [];
    let hidden = 0;
    const order = [...m.processes].sort((a, b) => (a.depth - b.depth > 0 && a.tone === 'plain' ? 1 : 0) || a.from - b.from);
    for (const p of order) {
      const x0 = this._x(p.from), x1 = this._x(p.to === undefined ? m.end : p.to);
      if (x1 < LEFT || x0 > this._width - 8) continue;
      const fx = Math.max(x0, LEFT), w = Math.max(Math.min(x1, this._width - 8) - fx, 2);
      const lw = p.label.length * CHAR + 10, inside = lw <= w;
      const quiet = p.tone === 'quiet';
      const right = inside ? fx + w : fx + w + lw;
      let lane = lanes.findIndex(end => end < fx - 4);
      let labelled = true;
      if (lane < 0) {
        if (lanes.length >= (quiet ? 7 : 14)) {
          // No room for the name: the bar alone.
          lane = lanes.findIndex(end => end < fx + 2);
          labelled = false;
          if (lane < 0) { hidden++; continue; }
        } else { lane = lanes.length; lanes.push(0); }
      }
      lanes[lane] = labelled ? right : fx + w;
      const g = this._item(svg, p.id, 'process ' + p.tone + (p.unexplained ? ' unexplained' : ''), p.label, p.call), top = y + lane * 16;
      this._add(g, 'rect', { x: fx, y: top, width: w, height: 12, rx: 3 });
      if (labelled) this._text(g, inside ? fx + 5 : fx + w + 4, top + 10, p.label, 'm' + (inside ? ' inside' : ''));
    }
    y += Math.max(lanes.length, 1) * 16 + 4;
    if (m.density) { this._density(svg, m.density.processes, y + 12, 14); y += 16; }
    if (hidden) { this._note(svg, `${hidden} more, zoom in`, y + 8, LEFT); y += 14; }

    // files
    y += 10;
    this._note(svg, 'files', y + 4);
    if (m.density) this._density(svg, m.density.files, y + 16, 18);
    // Names of files that lie upon each other are not drawn twice.
    const names = [];
    for (const f of m.files.filter(f => f.tone !== 'bad').concat(m.files.filter(f => f.tone === 'bad'))) {
      const x = this._x(f.t);
      if (x < LEFT || x > this._width) continue;
      const g = this._item(svg, f.id, 'file ' + f.tone + (f.unexplained ? ' unexplained' : ''), f.label, f.call);
      this._add(g, 'circle', { cx: x, cy: y, r: f.tone === 'bad' ? 5 : 2 });
      if (f.label) {
        const lw = f.label.length * CHAR, flip = x + lw + 16 > this._width, from = flip ? x - 10 - lw : x + 10;
        if (names.every(([a, b]) => from + lw < a - 4 || from > b + 4)) {
          this._text(g, from, y + 4, f.label, 'm');
          names.push([from, from + lw]);
        }
      }
    }
    y += 26;

    // egress
    this._note(svg, 'egress', y + 4);
    const wires = [];
    for (const e of m.egress) {
      const x0 = this._x(e.from), x1 = this._x(e.to === undefined ? m.end : e.to);
      if (x1 < LEFT || x0 > this._width - 8) continue;
      const fx = Math.max(x0, LEFT), w = Math.max(Math.min(x1, this._width - 8) - fx, 4), lw = e.label.length * CHAR + 8;
      const flip = fx + w + lw > this._width;
      let row = wires.findIndex(end => end < (flip ? fx - lw : fx) - 6);
      if (row < 0) { if (wires.length >= 5) continue; row = wires.length; wires.push(0); }
      wires[row] = flip ? fx + w : fx + w + lw;
      const g = this._item(svg, e.id, 'egress ' + e.tone + (e.unexplained ? ' unexplained' : ''), e.label, e.call), top = y - 4 + row * 15;
      this._add(g, 'rect', { x: fx, y: top, width: w, height: 8, rx: 2 });
      this._text(g, flip ? fx - lw + 2 : fx + w + 5, top + 8, e.label, 'm');
    }
    y += Math.max(wires.length, 1) * 15 + 6;
    if (m.density) { this._density(svg, m.density.egress, y + 10, 12); y += 14; }
    this._rule(svg, y);

    // judged
    y += 6;
    this._head(svg, 'JUDGED', y + 14, 'judged', 'lane-judged');
    const named = [];
    const free = (a, b) => named.every(([c, d]) => b < c - 4 || a > d + 4) && named.push([a, b]);
    for (const gate of m.gates.filter(g => g.tone === 'bad').concat(m.gates.filter(g => g.tone !== 'bad'))) {
      const x = this._x(gate.t), lw = gate.label.length * 6;
      if (x < LEFT || x > this._width - 8) continue;
      const g = this._item(svg, gate.id, 'gate ' + gate.tone, gate.label, gate.call);
      this._add(g, 'path', { d: `M${x} ${y + 4}V${y + 16}` });
      const at = Math.min(x + 5, this._width - lw - 6);
      if (free(at, at + lw)) this._text(g, at, y + 14, gate.label);
    }
    y += 26;
    const height = 44, scale = v => y + height - Math.min(v, 100) / 100 * height;
    if (m.freezeAt > 0) {
      this._add(svg, 'path', { d: `M${LEFT} ${scale(m.freezeAt)}H${this._width - 8}`, class: 'threshold' });
      this._text(svg, LEFT + 2, scale(m.freezeAt) - 4, `freeze at ${m.freezeAt}`, 'note');
    }
    let points = [], value = 0;
    points.push([this._view[0], 0]);
    for (const r of m.risk) { points.push([r.t, value]); value = r.v; points.push([r.t, value]); }
    points.push([m.end, value]);
    const clip = v => Math.min(Math.max(this._x(v), LEFT), this._width - 8);
    this._add(svg, 'polyline', { class: 'risk', points: points.map(([t, v]) => `${clip(t)},${scale(v)}`).join(' ') });
    y += height + 10;

    let markEnd = 1e9;
    for (const mark of [...m.marks].reverse()) {
      const x = this._x(mark.t);
      if (x < LEFT || x > this._width) continue;
      const g = this._item(svg, mark.id, 'mark ' + mark.state, mark.label);
      this._add(g, 'path', { d: `M${x} 22V${y}` });
      const lw = mark.label.length * 7;
      const mx = x + 6 + lw > this._width ? x - 6 - lw : x + 6;
      if (mx + lw < markEnd - 4) { this._text(g, mx, y - 6, mark.label); markEnd = Math.min(mx, x); }
    }
    this._axis(grid, y);
    svg.setAttribute('width', this._width);
    svg.setAttribute('height', y);
    svg.setAttribute('viewBox', `0 0 ${this._width} ${y}`);
    this._interact(svg);
    this.replaceChildren(svg);
    this._light('');
    this._look();
  }

  _axis(grid, bottom) {
    const [a, b] = this._view, steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5, 18e5, 36e5, 216e5, 864e5];
    const step = steps.find(s => (b - a) / s <= 9) || 864e5 * 7, start = this._model.start;
    for (let t = Math.ceil((a + start) / step) * step - start; t <= b; t += step) {
      const x = this._x(t);
      if (x < LEFT) continue;
      this._add(grid, 'path', { d: `M${x} 22V${bottom}` });
      this._text(grid, x + 2, 14, this._clock(start + t, step), 'note');
    }
  }

  _clock(ms, step) {
    const d = new Date(ms), two = n => String(n).padStart(2, '0');
    const hm = `${two(d.getHours())}:${two(d.getMinutes())}`;
    if (step >= 60000) return hm;
    const s = two(d.getSeconds());
    if (step >= 1000) return `${hm}:${s}`;
    return `${s}.${String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, '0').slice(0, step >= 100 ? 1 : 3)}`;
  }

  _interact(svg) {
    const callOf = e => { const item = e.target.closest && e.target.closest('.claim[data-call]'); return item ? item.dataset.call : ''; };
    svg.addEventListener('pointerover', e => this._light(callOf(e)));
    svg.addEventListener('focusin', e => this._light(callOf(e)));
    svg.addEventListener('pointerleave', () => this._light(''));
    svg.addEventListener('click', e => {
      const item = e.target.closest('[data-id]');
      if (item && item.dataset.id && !this._dragged) {
        this.dispatchEvent(new CustomEvent('soc-select', { detail: { id: item.dataset.id } }));
      }
    });
    svg.addEventListener('keydown', e => {
      const item = e.target.closest('[data-id]');
      if (item && (e.key === 'Enter' || e.key === ' ')) {
        e.preventDefault();
        this.dispatchEvent(new CustomEvent('soc-select', { detail: { id: item.dataset.id } }));
      }
    });
    svg.addEventListener('wheel', e => {
      if (!e.ctrlKey && !e.shiftKey) return;
      e.preventDefault();
      const [a, b] = this._view, share = (e.offsetX - LEFT) / (this._width - LEFT - RIGHT);
      this.zoom(e.deltaY + e.deltaX > 0 ? 1.25 : 0.8, a + (b - a) * share);
    }, { passive: false });
    svg.addEventListener('pointerdown', e => {
      const from = e.clientX, view = [...this._view];
      this._dragged = false;
      const move = m => {
        const dx = m.clientX - from;
        if (Math.abs(dx) < 4) return;
        this._dragged = true;
        const shift = dx / (this._width - LEFT - RIGHT) * (view[1] - view[0]);
        this._chosen = true;
        this._view = [view[0] - shift, view[1] - shift];
        this._schedule();
      };
      const up = () => { removeEventListener('pointermove', move); removeEventListener('pointerup', up); };
      addEventListener('pointermove', move);
      addEventListener('pointerup', up);
    });
  }

  // What belongs to the call under the pointer, or to the selected one, is lit; the rest steps back.
  _light(call) {
    const lit = call || this._selectedCall();
    this.classList.toggle('brushed', !!lit);
    for (const g of this.querySelectorAll('[data-id]')) g.classList.toggle('lit', !!lit && g.dataset.call === lit);
  }

  _selectedCall() {
    const said = this._model.said.find(s => s.id === this._selected);
    return said && said.mono ? said.call : '';
  }

  // Counts where not every event is drawn, on a square root scale so that one event is still seen.
  _density(svg, counts, bottom, height) {
    const d = this._model.density;
    if (!d || !counts) return;
    const most = Math.max(...counts, 1);
    counts.forEach((n, i) => {
      if (!n) return;
      const x0 = Math.max(this._x(d.from + i * d.step), LEFT), x1 = Math.min(this._x(d.from + (i + 1) * d.step), this._width - 8);
      if (x1 <= x0) return;
      const h = Math.max(Math.sqrt(n / most) * height, 1);
      const bar = this._add(svg, 'rect', { x: x0, y: bottom - h, width: Math.max(x1 - x0 - 0.5, 0.5), height: h, class: 'density' });
      const title = this._el('title', {});
      title.textContent = `${n} events`;
      bar.appendChild(title);
    });
  }

  // Tells the piece on the screen, in milliseconds since the epoch, once a view that somebody chose has come to rest.
  _look() {
    if (!this._model || !this._chosen) return;
    const key = this._view.join();
    if (key === this._looked) return;
    clearTimeout(this._rest);
    this._rest = setTimeout(() => {
      this._looked = key;
      this.dispatchEvent(new CustomEvent('soc-window', { detail: { from: this._view[0] + this._model.start, to: this._view[1] + this._model.start } }));
    }, 300);
  }

  // The label is said although there may be no room to draw it.
  _item(parent, id, kind, label, call) {
    const important = kind.includes('bad') || kind.includes('claim') || kind.includes('mark') || kind.includes('held');
    const g = this._add(parent, 'g', { class: 'item ' + kind + (id && id === this._selected ? ' selected' : '') });
    if (id) {
      g.dataset.id = id;
      if (call) g.dataset.call = call;
      if (important) { g.setAttribute('tabindex', '0'); g.setAttribute('role', 'button'); g.setAttribute('aria-label', label || kind); }
    }
    return g;
  }

  _head(parent, label, y, kind, id) { this._text(parent, 12, y, label, 'head ' + kind).id = id; }
  _note(parent, label, y, x = 12) { this._text(parent, x, y, label, 'note'); }
  _rule(parent, y) { this._add(parent, 'path', { d: `M0 ${y}H${this._width}`, class: 'rule' }); }

  _text(parent, x, y, text, kind = '', max) {
    const el = this._add(parent, 'text', { x, y, class: kind });
    const limit = max ? Math.floor(max / (kind.includes('m') ? CHAR : 5.9)) : 1e9;
    el.textContent = text.length > limit ? text.slice(0, Math.max(limit - 1, 1)) + '…' : text;
    if (text.length > limit) { const title = document.createElementNS(SVG, 'title'); title.textContent = text; parent.appendChild(title); }
    return el;
  }

  _add(parent, name, attributes) { const el = this._el(name, attributes); parent.appendChild(el); return el; }

  _el(name, attributes) {
    const el = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, value);
    return el;
  }
}

customElements.define('soc-timeline', SocTimeline);
