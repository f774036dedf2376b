// Keys of a page. The property `keys` names those that count, separated by blanks; fires `soc-key` with {key}. Silent while somebody
// types, while a dialog is open, and with Ctrl, Alt or Meta.
class SocKeys extends HTMLElement {
  connectedCallback() {
    this._listen = e => {
      if (e.ctrlKey || e.altKey || e.metaKey || e.defaultPrevented) return;
      const at = e.composedPath()[0];
      if (at instanceof Element && (at.isContentEditable || at.matches('input, textarea, select'))) return;
      if (document.querySelector('vaadin-dialog[opened], vaadin-dialog-overlay')) return;
      // A button that has the focus takes Enter for itself.
      if (e.key === 'Enter' && at instanceof Element && at.closest('button, a, [role=button]')) return;
      if (!(this.getAttribute('keys') || '').split(' ').includes(e.key)) return;
      e.preventDefault();
      // Who uses the keys of the page has left the navigation: Enter is the page's from here on.
      if (at instanceof Element && at.closest('nav')) {
        const main = document.querySelector('main');
        main.tabIndex = -1;
        main.focus({ preventScroll: true });
      }
      this.dispatchEvent(new CustomEvent('soc-key', { detail: { key: e.key } }));
    };
    document.addEventListener('keydown', this._listen);
  }

  disconnectedCallback() { document.removeEventListener('keydown', this._listen); }
}

customElements.define('soc-keys', SocKeys);
