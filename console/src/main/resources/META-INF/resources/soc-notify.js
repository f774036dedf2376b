// Sound and desktop notifications about agents that wait, each turned on by the person who wants it. The attribute `person` says
// whose choice it is; the browser remembers it. `ring(title, text, tag)` tells; one notification stands for each tag.
class SocNotify extends HTMLElement {
  connectedCallback() {
    if (this._buttons) return;
    this._buttons = {};
    for (const [kind, label] of [['sound', 'Sound'], ['desktop', 'Notifications']]) {
      const button = document.createElement('button');
      button.type = 'button';
      button.id = 'notify-' + kind;
      button.className = 'act small';
      button.dataset.label = label;
      button.addEventListener('click', () => this._toggle(kind));
      this._buttons[kind] = button;
      this.append(button);
    }
    this._show();
  }

  _key(kind) { return 'soc-notify-' + kind + ':' + (this.getAttribute('person') || ''); }

  _on(kind) {
    return localStorage.getItem(this._key(kind)) === 'on'
        && (kind !== 'desktop' || ('Notification' in window && Notification.permission === 'granted'));
  }

  async _toggle(kind) {
    const on = !this._on(kind);
    // The browser asks the person; a refusal leaves it off.
    if (on && kind === 'desktop' && (!('Notification' in window) || await Notification.requestPermission() !== 'granted')) {
      this._show('The browser does not allow notifications here.');
      return;
    }
    localStorage.setItem(this._key(kind), on ? 'on' : 'off');
    this._show();
    if (on && kind === 'sound') this._chime();
  }

  _show(refusal) {
    for (const [kind, button] of Object.entries(this._buttons)) {
      const on = this._on(kind);
      button.textContent = button.dataset.label + (on ? ': on' : ': off');
      button.setAttribute('aria-pressed', String(on));
      button.title = kind === 'desktop' && refusal ? refusal : 'When an agent starts to wait for an answer';
    }
  }

  _chime() {
    const audio = this._audio || (this._audio = new AudioContext());
    // A page that nobody has touched yet starts it silent.
    if (audio.state === 'suspended') audio.resume();
    for (const [at, hertz] of [[0, 660], [0.16, 880]]) {
      const tone = audio.createOscillator(), volume = audio.createGain();
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.08, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.14);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.15);
    }
  }

  ring(title, text, tag) {
    if (this._on('sound')) this._chime();
    if (!this._on('desktop')) return;
    const shown = new Notification(title, { body: text, tag });
    shown.onclick = () => { window.focus(); shown.close(); };
  }
}

customElements.define('soc-notify', SocNotify);
